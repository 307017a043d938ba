// Walks a configuration: which line opens a section, which row obeys which line, and what to say of lines that no
// row takes. Knows no section's meaning: the host opens and closes them.
#pragma once
#include <optional>
#include <string>

#include "config/catalogue.hpp"
#include "config/outline.hpp"
#include "config/preprocess.hpp"

namespace ringway::config {

struct opened_section {
  place here = place::nowhere;  // nowhere: the section's lines are skipped
  void* target = nullptr;       // the struct of that place
  std::string name;             // for ${.SECTION}; the section word when it has none
};

class section_host {
 public:
  virtual ~section_host() = default;
  // A section line of a supported kind; its words behind the section word are in `from`. Reports what is wrong
  // with it and opens something all the same, so that mistakes below are found in the same run.
  virtual opened_section open(const keyword& row, arguments& from) = 0;
  // Its end: another section, another file, or the end of all. The target may be moved away.
  virtual void close() = 0;
};

class section_reader {
 public:
  // `seen`, if any, keeps every line of every section.
  section_reader(preprocessor& lines, reading& with, section_host& host, outline* seen = nullptr)
      : lines_(lines), with_(with), host_(host), seen_(seen) {}
  void run();

 private:
  void take(const line& one);
  bool section_line(const line& one);
  void open(const line& one, const keyword& row);
  void leave();
  void statement(const line& one);
  void unknown(const line& one, std::size_t head);
  void count_words(const keyword& row, arguments& from);
  bool misplaced(const line& one, std::size_t head);
  bool misspelt_section(const line& one);

  preprocessor& lines_;
  reading& with_;
  section_host& host_;
  outline* seen_;
  opened_section now_;
  bool open_ = false;          // host_ has something to close
  bool any_ = false;           // some section was seen in this file
  bool strays_said_ = false;   // lines before the first section: said once
  bool indented_ = false;      // the section's lines do not begin in column 1
  std::string section_word_;
};

}  // namespace ringway::config
