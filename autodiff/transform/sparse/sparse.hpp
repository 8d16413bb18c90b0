// Sparse derivatives: everything.
//
//     jacobian_pattern, hessian_pattern, SparsityPattern   pattern.hpp
//     color_columns, color_star, color_acyclic             coloring.hpp
//     SparseMatrix: CSR, triplets                          sparse_matrix.hpp
//     sparse_jacobian, SparseJacobian                      sparse_jacobian.hpp
//     sparse_hessian, SparseHessian                        sparse_hessian.hpp
//     both of functions                                    functional.hpp
#pragma once

#include "wengert/autodiff/transform/sparse/coloring.hpp"
#include "wengert/autodiff/transform/sparse/functional.hpp"
#include "wengert/autodiff/transform/sparse/pattern.hpp"
#include "wengert/autodiff/transform/sparse/sparse_hessian.hpp"
#include "wengert/autodiff/transform/sparse/sparse_jacobian.hpp"
#include "wengert/autodiff/transform/sparse/sparse_matrix.hpp"
