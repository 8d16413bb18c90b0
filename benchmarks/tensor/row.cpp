#include "wengert/benchmarks/tensor/row.hpp"

#include <algorithm>
#include <sstream>

namespace tensor_benchmark {

namespace {

void write(std::ostream& out, const char* name, const Time& time) {
  if (time.median == 0) return;
  out << ",\"" << name << "\":[" << time.median << ',' << time.minimum << ']';
}

double bytes_of(const Type& type) {
  return static_cast<double>(type.shape.size()) * static_cast<double>(size_of(type.dtype));
}

}  // namespace

std::string to_json(const Row& row) {
  std::ostringstream out;
  out.precision(4);
  out << "{\"primitive\":\"" << row.primitive << "\",\"dtype\":\"" << to_string(row.dtype)
      << "\",\"elements\":" << row.elements << ",\"bytes_forward\":" << static_cast<std::int64_t>(row.bytes_forward)
      << ",\"bytes_backward\":" << static_cast<std::int64_t>(row.bytes_backward);
  write(out, "forward", row.forward);
  write(out, "record", row.record);
  write(out, "reverse", row.reverse);
  write(out, "bare_forward", row.bare_forward);
  write(out, "bare_backward", row.bare_backward);
  out << '}';
  return out.str();
}

Row measure(const Primitive& primitive, std::span<const Tensor> operands, const graph::Attribute& attribute,
            const Bare& bare, const Settings& settings) {
  const auto apply = [&](std::span<const Tensor> x) { return detail::record_tensor(primitive, x, attribute, {}); };
  const Tensor y = apply(operands);
  Row row;
  row.primitive = primitive.name;
  row.dtype = is_real(y.dtype()) ? y.dtype() : operands[0].dtype();
  row.elements = y.size();
  row.bytes_forward = bytes_of(y.type());
  double adjoints = 0;
  Recording recording;
  std::vector<Tensor> x;
  bool flows = false;
  for (std::size_t k = 0; k < operands.size(); ++k) {
    row.elements = std::max(row.elements, operands[k].size());
    row.bytes_forward += bytes_of(operands[k].type());
    x.push_back(recording.variable(operands[k]));
    if (!is_real(operands[k].dtype()) || !(primitive.differentiable >> std::min<std::size_t>(k, 31) & 1u)) continue;
    flows = true;
    adjoints += bytes_of(operands[k].type());
  }
  flows = flows && is_real(y.dtype());
  row.bytes_backward = row.bytes_forward + bytes_of(y.type()) + adjoints;

  const Recording::Mark start = recording.mark();
  Tensor total;
  const auto record = [&] {
    recording.rewind(start);
    total = sum(apply(x));
  };
  Adjoints adjoint;
  if (flows) record();
  const auto times = in_turn(
      {[&] { static_cast<void>(apply(operands)); }, flows ? std::function<void()>(record) : std::function<void()>(),
       flows ? std::function<void()>([&] { backward(total, adjoint); }) : std::function<void()>(), bare.forward,
       flows ? bare.backward : std::function<void()>()},
      settings);
  row.forward = times[0];
  row.record = times[1];
  row.reverse = times[2];
  row.bare_forward = times[3];
  row.bare_backward = times[4];
  return row;
}

}  // namespace tensor_benchmark
