/// Runs a function on a thread with a 256 KiB stack, to prove that nothing recurses on the depth of a graph.
#pragma once

#include <pthread.h>

#include <exception>
#include <functional>
#include <stdexcept>

namespace wengert {

/// Instrumented builds are slower and larger; the big tests shrink by this factor there.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr std::size_t instrumented_factor = 20;
#elif defined(__has_feature)
#  if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
inline constexpr std::size_t instrumented_factor = 20;
#  else
inline constexpr std::size_t instrumented_factor = 1;
#  endif
#else
inline constexpr std::size_t instrumented_factor = 1;
#endif

/// Rethrows what `f` throws.
inline void on_small_stack(std::function<void()> f) {
  struct Call {
    std::function<void()> f;
    std::exception_ptr thrown;
  } call{std::move(f), nullptr};
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 256 * 1024 * (instrumented_factor == 1 ? 1 : 4));
  pthread_t thread{};
  const auto run = [](void* argument) -> void* {
    auto& what = *static_cast<Call*>(argument);
    try {
      what.f();
    } catch (...) {
      what.thrown = std::current_exception();
    }
    return nullptr;
  };
  const int failed = pthread_create(&thread, &attributes, run, &call);
  pthread_attr_destroy(&attributes);
  if (failed != 0) throw std::runtime_error("no thread with a small stack");
  pthread_join(thread, nullptr);
  if (call.thrown) std::rethrow_exception(call.thrown);
}

}  // namespace wengert
