// Three functions, written by hand for double (by_hand.cpp) and generic in the number (generic.cpp, the way code is
// written that wants derivatives). Each pair lies in two sources, so that the compiler cannot merge them.
#pragma once

#include <cstddef>

extern "C" {
double off_by_hand_polynomial(double x, const double* c);
double off_generic_polynomial(double x, const double* c);
double off_by_hand_neuron(const double* w, const double* x, double b);
double off_generic_neuron(const double* w, const double* x, double b);
double off_by_hand_rosenbrock(const double* x, std::size_t n);
double off_generic_rosenbrock(const double* x, std::size_t n);
}
