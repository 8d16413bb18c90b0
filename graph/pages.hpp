// Large pages of memory. Work that goes through tens of megabytes spends a good part of its time on page faults and
// missed translations of addresses, and the machine's own fetching ahead stops at every page of 4 KiB. Linux gives
// large pages to those who ask, in its usual setting; elsewhere nothing changes.
#pragma once

#include <cstddef>

namespace wengert::detail {

/// The size of a large page, and from where on they pay.
inline constexpr std::size_t large_page = std::size_t{1} << 21, least_of_large_pages = 2 * large_page;

/// Asks for large pages for this memory, which may begin anywhere, if it is large enough.
void prefer_large_pages(void* memory, std::size_t bytes) noexcept;

/// Memory aligned to 64 bytes, on large pages if it is large enough; null when there is none. std::free() frees it.
/// What malloc gives may have been in use before, on small pages, and stays there.
[[nodiscard]] void* allocate_pages(std::size_t bytes) noexcept;

/// The same for what stays for long: small pages are given back first, at the cost of a fault for each new one.
[[nodiscard]] void* allocate_fresh_pages(std::size_t bytes) noexcept;

}  // namespace wengert::detail
