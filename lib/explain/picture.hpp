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

// The letter of a row: A to Z, a to z, then '+'.
char letter_of(std::size_t row);
// "#0072b2": twelve colours that the colour-blind tell apart, then more by turning the hue.
std::string colour_of(std::size_t row);

// The ring with its legend: each server's share as a bar with the due share marked, at most `width` columns.
std::string picture(const farm& of, const spread& by, const picture_style& how);

std::string svg(const farm& of, const spread& by);

}  // namespace ringway::explain
