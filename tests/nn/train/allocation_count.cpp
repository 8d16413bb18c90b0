// The counter of tests/tensor in this executable, too: malloc is replaced where it is linked.
#include "wengert/tests/tensor/allocation_count.cpp"
