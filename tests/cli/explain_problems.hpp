// The lecture's 2-2-2 network as an expression, for the commands that explain.
#pragma once

#include <string>

namespace wengert::test {

inline const std::string lecture_network =
    "net_h1 = w1*i1 + w2*i2 + b1; h1 = sigmoid(net_h1); net_h2 = w3*i1 + w4*i2 + b1; h2 = sigmoid(net_h2); "
    "net_o1 = w5*h1 + w6*h2 + b2; o1 = sigmoid(net_o1); net_o2 = w7*h1 + w8*h2 + b2; o2 = sigmoid(net_o2); "
    "L = ((t1 - o1)^2 + (t2 - o2)^2)/2";
inline const std::string lecture_point =
    "i1=0.05,i2=0.10,t1=0.01,t2=0.99,b1=0.35,b2=0.60,w1=0.15,w2=0.20,w3=0.25,w4=0.30,w5=0.40,w6=0.45,w7=0.50,w8=0.55";

}  // namespace wengert::test
