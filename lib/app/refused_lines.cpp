#include "app/refused_lines.hpp"

namespace ringway::app {

refused_lines::refused_lines(const proxy::model& of, const config::diagnostics& report) : report_(report) {
  for (const proxy::section_settings& each : of.sections) sections_.emplace(each.where.file, each.where.line);
}

void refused_lines::catch_up() {
  for (; read_ < report_.all().size(); ++read_) {
    const config::diagnostic& each = report_.all()[read_];
    if (each.level != config::severity::alert) continue;
    lines_.emplace(each.where.file, each.where.line);
    log_ = log_ || each.message.find("'log'") != std::string::npos || each.message.find("'log ") != std::string::npos;
    timeout_ = timeout_ || each.message.find("timeout") != std::string::npos;
  }
}

bool refused_lines::has(const config::span& where) {
  catch_up();
  return lines_.contains({where.file, where.line});
}

bool refused_lines::within(const proxy::section_settings& section) {
  catch_up();
  const line begin{section.where.file, section.where.line};
  const auto first = lines_.lower_bound(begin);
  if (first == lines_.end() || first->first != begin.first) return false;
  const auto next = sections_.upper_bound(begin);
  return next == sections_.end() || *first < *next;
}

bool refused_lines::log() {
  catch_up();
  return log_;
}

bool refused_lines::timeout() {
  catch_up();
  return timeout_;
}

}  // namespace ringway::app
