#include "header.hpp"

int user() { return answer(); }
