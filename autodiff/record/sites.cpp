// Places in the program: finding them, and learning which follows which.
#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "wengert/autodiff/record/memory.hpp"
#include "wengert/autodiff/record/stream.hpp"
#include "wengert/graph/error.hpp"

namespace wengert::detail {

namespace {

std::size_t site_hash(const StatementType* type, const void* location, std::uint16_t constant_leaves) {
  const std::size_t key = std::bit_cast<std::uintptr_t>(type) + 3 * std::bit_cast<std::uintptr_t>(location) +
                          std::size_t{constant_leaves} * 0x10001;
  return key * 0x9E3779B97F4A7C15u >> 20;
}

}  // namespace

namespace {

/// Enters `element` into a table of open addressing whose size is a power of two, first making room.
template <class T, class Hash>
void enter(std::vector<T*>& table, std::size_t count, T& element, const Hash& hash) {
  const auto put = [&](std::vector<T*>& to, T& one) {
    const std::size_t mask = to.size() - 1;
    std::size_t at = hash(one) & mask;
    while (to[at] != nullptr) at = (at + 1) & mask;
    to[at] = &one;
  };
  if (2 * (count + 1) >= table.size()) {
    std::vector<T*> larger(std::max<std::size_t>(64, 2 * table.size()));
    for (T* const old : table)
      if (old != nullptr) put(larger, *old);
    table = std::move(larger);
  }
  put(table, element);
}

std::size_t hash_of(const Site& site) { return site_hash(site.type, site.location, site.constant_leaves); }
std::size_t place_hash(std::uint32_t site, std::uint32_t before) {
  return (site + 0x9E3779B9ull * before) * 0x9E3779B97F4A7C15u >> 30;
}

}  // namespace

Site& Stream::add_site(const StatementType& type, const void* location, std::uint16_t constant_leaves,
                       const double* site_values, bool streamed) {
  if (sites.size() > max_site) {
    throw CapacityError{{.operation = "record",
                         .problem = "statements of more than 16 777 216 places in the program",
                         .expected = "fewer",
                         .where = location_of(location)}};
  }
  Site site;
  site.type = &type;
  site.location = location;
  site.constant_leaves = constant_leaves;
  site.constant = static_cast<std::uint8_t>(std::popcount(constant_leaves));
  site.streamed = streamed;
  site.active = static_cast<std::uint8_t>(std::popcount(site.active_mask()));
  site.passive = static_cast<std::uint8_t>(std::popcount(site.passive_mask()));
  std::size_t listed = 0;
  for (std::size_t k = 0; k < type.leaves; ++k)
    if (site.active_mask() >> k & 1u) site.active_slots[listed++] = static_cast<std::uint8_t>(k);
  const auto index = static_cast<std::uint32_t>(sites.size());
  site.word = index << 8 | site.active;
  if (!streamed && site.constant > 0) {
    site_constants_.push_back(std::make_unique<double[]>(site.constant));
    std::copy_n(site_values, site.constant, site_constants_.back().get());
    site.constants = site_constants_.back().get();
  }
  sites.push_back(std::move(site));
  enter(site_table_, sites.size() - 1, sites.back(), hash_of);
  if (site.active > most_active_ || site.passive > most_passive_ || (streamed && site.constant > most_constant_)) {
    most_active_ = std::max(most_active_, site.active);
    most_passive_ = std::max(most_passive_, site.passive);
    if (streamed) most_constant_ = std::max(most_constant_, site.constant);
    room_end = id_limit = next_id();  // they were reckoned with fewer
  }
  return sites.back();
}

Site& Stream::find_site(const StatementType& type, const void* location, std::uint16_t constant_leaves,
                        const double* values_of_constants) {
  // Two sites may answer to type, line and mask: one from when its constants had not changed yet, and one for since.
  const auto count = static_cast<std::size_t>(std::popcount(constant_leaves));
  Site* unchanged = nullptr;
  if (!site_table_.empty()) {
    const std::size_t mask = site_table_.size() - 1;
    for (std::size_t at = site_hash(&type, location, constant_leaves) & mask; site_table_[at] != nullptr;
         at = (at + 1) & mask) {
      Site& site = *site_table_[at];
      if (site.type != &type || site.location != location || site.constant_leaves != constant_leaves) continue;
      if (site.streamed) return site;
      unchanged = &site;
    }
  }
  if (unchanged != nullptr && same_bits(unchanged->constants, values_of_constants, count)) return *unchanged;
  Site& site = add_site(type, location, constant_leaves, values_of_constants, unchanged != nullptr);
  if (unchanged != nullptr) {
    unchanged->retired = true;
    for (Expected& place : places_)
      if (place.site == unchanged) place.match = nullptr;
  }
  return site;
}

Expected& Stream::find_place(Site& site, std::uint32_t before) {
  if (!place_table_.empty()) {
    const std::size_t mask = place_table_.size() - 1;
    for (std::size_t at = place_hash(site.word, before) & mask; place_table_[at] != nullptr; at = (at + 1) & mask) {
      Expected& place = *place_table_[at];
      if (place.site == &site && place.before == before) return place;
    }
  }
  places_.push_back({.match = site.again == nullptr ? match_of(site) : nullptr,
                     .location = site.location,
                     .constants = site.constants,
                     .successor = &nothing,
                     .alternate = &nothing,
                     .site = &site,
                     .word = site.word,
                     .before = before});
  enter(place_table_, places_.size() - 1, places_.back(),
        [](const Expected& place) { return place_hash(place.word, place.before); });
  return places_.back();
}

Expected& Stream::place_of(const StatementType& type, const void* location, std::uint16_t constant_leaves,
                           const double* values_of_constants, std::source_location where) {
  const auto answers = [&](const Expected& place) {
    if (&place == &nothing) return false;
    const Site& site = *place.site;
    return site.type == &type && site.location == location && site.constant_leaves == constant_leaves &&
           !site.retired &&
           (site.constants == nullptr || same_bits(site.constants, values_of_constants, site.constant));
  };
  Expected* place = nullptr;
  bool unexpected = false;
  if (answers(*expected)) {
    place = expected;
  } else if (answers(*last->alternate)) {
    place = last->alternate;
    took_alternate();
  } else {
    Site& site = find_site(type, location, constant_leaves, values_of_constants);
    place = &find_place(site, last->word);
    unexpected = true;
    known_place(&type, location) = place;
    learn(place);
  }
  if (next_id() >= room_end) make_room(where);
  if (unexpected) {
    watch_from_ = next_id();
    quiet_to_ = 0;
    surprised_ = true;
    look_at_ = next_id() + std::min(first_look_, late_look);
  }
  if (unexpected || id_limit <= next_id())
    set_limit();
  else
    id_limit = std::min(id_limit, room_end);
  return *place;
}

}  // namespace wengert::detail
