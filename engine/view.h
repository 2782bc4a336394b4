// View: the few reads a rule may make. The book is memory; only an event of the past may have to come
// from the disk, so that read alone is abstract, and storage implements it.
#pragma once

#include <optional>

#include "engine/book.h"

namespace lumbung::engine {

class View {
 public:
  explicit View(const Book& book) : book_(&book) {}
  View(const View&) = delete;
  View& operator=(const View&) = delete;
  virtual ~View() = default;

  const Book& book() const { return *book_; }
  /// The event of that number as this book has it, also when it is not durable yet; nullopt when
  /// there is none.
  virtual std::optional<Event> event(EventNo no) const = 0;

 private:
  const Book* book_;
};

}  // namespace lumbung::engine
