// A backend's ring for the eye: in a terminal's letters, and as SVG. Pure text; the same input gives the same bytes.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "explain/shares.hpp"

namespace ringway::explain {

struct picture_style {
  bool colour = false;   // 256-colour escapes; without, letters alone tell servers apart
  bool unicode = true;   // bars of block characters; without, '#' and '.'
  std::size_t width = 80;
};

// The letter of a row: A to Z, a to z, 0 to 9; with more rows than that there is no circle.
inline constexpr std::size_t most_letters = 62;
char letter_of(std::size_t row);
// "#0072b2": twelve colours that the colour-blind tell apart, then more by turning the hue.
std::string colour_of(std::size_t row);

// The ring with its legend: every server's share, as a bar too where there is room, with the due share marked. Beside the
// ring, or below it in one column or two; at most `width` columns, names cut where they agree.
std::string picture(const farm& of, const spread& by, const picture_style& how);

// Grows with the servers, not with their points: stripes thinner than a pixel are drawn by what is in their middle.
std::string svg(const farm& of, const spread& by);

// Every server is due the same.
bool equal_dues(const spread& by);

}  // namespace ringway::explain
