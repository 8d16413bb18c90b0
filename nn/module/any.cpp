#include "wengert/nn/module/any.hpp"

namespace wengert::nn {

bool AnyModule::has_form_of(const AnyModule& other) const {
  const Holder &a = *held_, &b = *other.held_;
  if (typeid(a) != typeid(b)) return false;
  const detail::Entries mine = detail::entries_of(*this), theirs = detail::entries_of(other);
  if (mine.size() != theirs.size()) return false;
  for (std::size_t k = 0; k < mine.size(); ++k) {
    if (mine[k].name != theirs[k].name || mine[k].is_buffer != theirs[k].is_buffer) return false;
    if (mine[k].is_buffer && !(mine[k].value->value() == theirs[k].value->value())) return false;
  }
  return true;
}

}  // namespace wengert::nn
