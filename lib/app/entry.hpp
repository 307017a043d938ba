// From argv to an exit status: what was asked for, and doing it.
#pragma once

namespace ringway::app {

int entry(int argc, char** argv);

}  // namespace ringway::app
