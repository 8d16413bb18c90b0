// A module chosen at run time. A value like the others: a copy is another network.
#pragma once

#include <memory>
#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include "wengert/nn/module/parameters.hpp"
#include "wengert/nn/module/pass.hpp"

namespace wengert::nn {

/// Holds any module from tensor to tensor: what was read from a file, or a list of layers of different kinds.
///
///     std::vector<nn::AnyModule> layers;
///     layers.emplace_back(nn::Linear(784, 256, random));
///     layers.emplace_back(nn::ReLU{});
///     nn::AnyModule network{nn::Layers{layers}};
class AnyModule {
 public:
  template <class M>
    requires(!std::is_same_v<std::remove_cvref_t<M>, AnyModule>)
  explicit AnyModule(M&& module) : held_(std::make_unique<Held<std::remove_cvref_t<M>>>(std::forward<M>(module))) {}

  AnyModule(const AnyModule& other) : held_(other.held_->copy()) {}
  AnyModule(AnyModule&&) noexcept = default;
  AnyModule& operator=(AnyModule other) noexcept {
    std::swap(held_, other.held_);
    return *this;
  }
  ~AnyModule() = default;

  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const {
    return evaluate(*this, x, where);
  }
  [[nodiscard]] Tensor operator()(const Tensor& x, Pass& pass,
                                  std::source_location where = std::source_location::current()) {
    return held_->run(x, pass, where);
  }

  /// The module if it is an M, else null.
  template <class M>
  [[nodiscard]] const M* as() const noexcept {
    const auto* held = dynamic_cast<const Held<M>*>(held_.get());
    return held == nullptr ? nullptr : &held->module;
  }

  /// For the library: its parameters and buffers.
  void collect(detail::Path& path, detail::Entries& into) { held_->collect(path, into); }
  /// For the library: its parameters, so that it is a structure that the functional form differentiates by.
  template <class Self>
  [[nodiscard]] static auto tensors(Self& self) {
    using Pointer = std::conditional_t<std::is_const_v<Self>, const Tensor*, Tensor*>;
    std::vector<Pointer> result;
    for (const detail::Entry& entry : detail::entries_of(self))
      if (!entry.is_buffer) result.push_back(entry.value);
    return result;
  }
  /// For the library: modules of one type whose parameters have the same names.
  [[nodiscard]] bool has_form_of(const AnyModule& other) const;

 private:
  struct Holder {
    virtual ~Holder() = default;
    [[nodiscard]] virtual std::unique_ptr<Holder> copy() const = 0;
    [[nodiscard]] virtual Tensor run(const Tensor& x, Pass& pass, std::source_location where) = 0;
    virtual void collect(detail::Path& path, detail::Entries& into) = 0;
  };
  template <class M>
  struct Held final : Holder {
    explicit Held(const M& m) : module(m) {}
    explicit Held(M&& m) : module(std::move(m)) {}
    [[nodiscard]] std::unique_ptr<Holder> copy() const override { return std::make_unique<Held>(module); }
    [[nodiscard]] Tensor run(const Tensor& x, Pass& pass, std::source_location where) override {
      return nn::run(module, x, pass, where);
    }
    void collect(detail::Path& path, detail::Entries& into) override { detail::collect(module, path, into); }
    M module;
  };

  std::unique_ptr<Holder> held_;
};

/// Modules one after the other, as many as there are at run time. Names as those of Sequential.
struct Layers {
  std::vector<AnyModule> modules;

  static auto members(auto& self) { return std::tie(self.modules); }
  static constexpr std::array names{""};

  [[nodiscard]] Tensor operator()(const Tensor& x, std::source_location where = std::source_location::current()) const {
    return evaluate(*this, x, where);
  }
  [[nodiscard]] Tensor operator()(const Tensor& x, Pass& pass,
                                  std::source_location where = std::source_location::current()) {
    Tensor y = x;
    for (AnyModule& module : modules) y = module(y, pass, where);
    return y;
  }
};

}  // namespace wengert::nn
