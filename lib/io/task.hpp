// The coroutine types of the whole program, concrete: no type-erased executor anywhere on the path.
#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

namespace ringway::io {

namespace asio = boost::asio;
using executor = asio::io_context::executor_type;
template <typename T = void>
using task = asio::awaitable<T, executor>;

}  // namespace ringway::io
