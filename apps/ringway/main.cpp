#include "app/entry.hpp"

int main(int argc, char** argv) { return ringway::app::entry(argc, argv); }
