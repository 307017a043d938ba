// What a row of the table may do to its line, and what it may know of the file around it.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/keyword.hpp"
#include "config/word.hpp"
#include "migrate/migrate.hpp"

namespace ringway::migrate {

// A section as its lines were counted before anything was changed.
struct section_facts {
  config::place kind = config::place::nowhere;  // nowhere: a section that has no rows
  std::string name;
  std::string indent;        // of its first line; empty: four blanks are used
  std::string mode;          // "tcp", "http", "health"; of the defaults section when it has none
  bool servers = false;      // has a server line
  bool stick_table = false;
};

struct file_facts {
  std::vector<section_facts> sections;  // in order
  // Old name to new, for names that today's HAProxy refuses.
  std::map<std::string, std::string, std::less<>> backends, frontends;
};

// One line being changed. Columns count from 1, as in config::span.
class statement {
 public:
  statement(std::string_view raw, std::vector<config::word> words, const section_facts& section,
            const file_facts& file)
      : raw_(raw), words_(std::move(words)), section_(section), file_(file) {}

  std::string_view raw() const { return raw_; }
  const std::vector<config::word>& words() const { return words_; }
  const section_facts& section() const { return section_; }
  const file_facts& file() const { return file_; }
  std::size_t head() const { return head_; }  // 1 behind `no` and `default`
  void set_head(std::size_t head) { head_ = head; }
  std::string_view raw_of(const config::word& one) const {
    return raw_.substr(one.where.column - 1, one.where.length);
  }
  // From one word to the end of what the line says, as written; the comment behind it is left out.
  std::string_view raw_from(std::size_t word) const;
  std::string indent() const;        // of this line
  std::string inner_indent() const;  // of the section's lines

  void replace(const config::word& one, std::string text);
  void replace(std::size_t first, std::size_t last, std::string text);  // words [first, last]
  // From the word `first` up to the word `next`, which stays.
  void replace_until(std::size_t first, std::size_t next, std::string text);
  void replace_part(const config::word& one, std::size_t offset, std::size_t length, std::string text);
  void remove(std::size_t first, std::size_t last);  // with the blanks before them
  void add_below(std::string line) { below_.push_back(std::move(line)); }

  // The reason of what was done. Several may be given.
  void because(verdict what, std::string reason, std::uint32_t column = 0);
  // No translation; the line stays.
  void keep(std::string reason) { because(verdict::kept, std::move(reason)); }
  bool changed() const { return !edits_.empty() || !below_.empty() || removed_; }
  void make_comment() { removed_ = true; }

  struct said {
    verdict what;
    std::string reason;
    std::uint32_t column;
  };
  const std::vector<said>& reasons() const { return reasons_; }
  // The line with all edits, then the lines below it.
  std::vector<std::string> lines() const;

 private:
  struct edit {
    std::size_t at, length;  // in raw_, from 0
    std::string text;
  };
  std::string_view raw_;
  std::vector<config::word> words_;
  const section_facts& section_;
  const file_facts& file_;
  std::size_t head_ = 0;
  std::vector<edit> edits_;
  std::vector<std::string> below_;
  std::vector<said> reasons_;
  bool removed_ = false;
};

struct row {
  std::string_view phrase;  // the words a line begins with, behind `no` or `default`
  config::place allowed;
  std::string_view today;   // what stands in the phrase's place; empty: see below
  std::string_view reason;
  std::string_view before, after;  // an example: lines below a section line, separated by line feeds
  // nullptr: `today` replaces the phrase; without one, the line is `other`. Returns false when the line is none
  // of its business. It must give its reasons itself.
  bool (*rewrite)(statement&, const row&) = nullptr;
  verdict other = verdict::removed;
  version from = 0;  // the first HAProxy that wants it so
};

// table.cpp
std::span<const row> rows();
// Words inside lines: samples of conditions, words of bind. Any number of changes.
void rewrite_words(statement& one);
std::vector<known> word_rows();

// rewrite_headers.cpp: reqadd and its kind; what is hidden behind the version of `option httpchk`.
bool rewrite_add(statement&, const row&);
bool rewrite_delete(statement&, const row&);
bool rewrite_replace(statement&, const row&);
bool rewrite_judge(statement&, const row&);
bool rewrite_httpchk(statement&, const row&);

// names.cpp
void find_bad_names(file_facts& file);
void rewrite_names(statement& one);

// A value as one word of a line, with quotes only where it needs them. `format`: it stands where HAProxy expands
// "%[...]", so that a percent sign is doubled.
std::string as_word(std::string_view text, bool format = false);

}  // namespace ringway::migrate
