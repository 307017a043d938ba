// Asio's separate compilation: its non-template code, once.
#include <boost/asio/impl/src.hpp>
