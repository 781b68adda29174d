#include "mica/actors/new_event.hpp"

#include <atomic>
#include <new>
#include <utility>

namespace mica {

namespace {

#ifdef __SANITIZE_ADDRESS__
// So that it sees who uses an event that is gone.
constexpr ptrdiff_t most_cells = 0;
#else
constexpr ptrdiff_t most_cells = event_reuse::events;
#endif

class home;

// Frees what is allocated; an assignment would keep it.
template <class T>
void drop(T& x) {
  [[maybe_unused]] T gone{std::move(x)};
}

// Memory that the subscriber's thread does not touch stays where the next event is
// made: so little as possible happens over there.
void empty(event& x) {
  size_t bytes = 0;
  for (auto [name, value] : x.headers)
    bytes += name.size() + value.size();
  if (bytes > event_reuse::bytes)
    drop(x.headers);
  x.topic.clear();
  x.headers.clear();
  x.body.clear();
  x.key.clear();
}

/// An event and room for the counters of the `shared_ptr` to it.
struct cell {
  event value;
  home* from = nullptr;
  cell* next = nullptr;
  alignas(std::max_align_t) std::byte counters[64];
};

/// Cells of one thread. They come back from any thread, also after the end of theirs.
class home {
public:
  /// Null if there are as many as may be.
  cell* take() {
    if (!kept_)
      kept_ = returned_.exchange(nullptr, std::memory_order_acquire);
    if (auto* result = kept_) {
      kept_ = result->next;
      empty(result->value);
      return result;
    }
    if (made_ == most_cells)
      return nullptr;
    auto* result = new cell;
    ++made_;
    result->from = this;
    return result;
  }

  void give_back(cell* what) noexcept {
    auto* head = returned_.load(std::memory_order_relaxed);
    do {
      if (head == &closed_) {
        delete what;
        release(-1);
        return;
      }
      what->next = head;
    } while (!returned_.compare_exchange_weak(head, what, std::memory_order_release,
                                              std::memory_order_relaxed));
  }

  /// The thread ends; the last cell that comes back takes this with it.
  void close() noexcept {
    auto gone = free_all(std::exchange(kept_, nullptr));
    gone += free_all(returned_.exchange(&closed_, std::memory_order_acquire));
    release(made_ - gone);
  }

private:
  static ptrdiff_t free_all(cell* list) noexcept {
    ptrdiff_t result = 0;
    for (; list; ++result)
      delete std::exchange(list, list->next);
    return result;
  }

  // Below zero before the thread ends, so that zero is reached once: with the last.
  void release(ptrdiff_t by) noexcept {
    if (outside_.fetch_add(by, std::memory_order_acq_rel) + by == 0)
      delete this;
  }

  cell* kept_ = nullptr;
  ptrdiff_t made_ = 0;
  alignas(64) std::atomic<cell*> returned_{nullptr};
  std::atomic<ptrdiff_t> outside_{0};
  static inline cell closed_;
};

/// Puts the counters into the cell. They go last of all: then the cell is free.
template <class T>
struct in_cell {
  using value_type = T;

  explicit in_cell(cell* x) noexcept : where(x) {
    // nop
  }

  template <class U>
  in_cell(const in_cell<U>& other) noexcept : where(other.where) {
    // nop
  }

  T* allocate(size_t) noexcept {
    static_assert(sizeof(T) <= sizeof(cell::counters));
    return reinterpret_cast<T*>(where->counters);
  }

  void deallocate(T*, size_t) noexcept {
    if (auto& body = where->value.body; body.capacity() > event_reuse::bytes)
      drop(body);
    where->from->give_back(where);
  }

  template <class U>
  bool operator==(const in_cell<U>& other) const noexcept {
    return where == other.where;
  }

  cell* where;
};

struct leave_it {
  void operator()(event*) const noexcept {
    // nop
  }
};

/// Closes the home with its thread.
struct tenant {
  home* const at = new home;

  tenant() = default;
  tenant(const tenant&) = delete;
  tenant& operator=(const tenant&) = delete;

  ~tenant() {
    at->close();
  }
};

} // namespace

std::shared_ptr<event> new_event() {
  static thread_local tenant here;
  auto* x = here.at->take();
  if (!x)
    return std::make_shared<event>();
  return {&x->value, leave_it{}, in_cell<event>{x}};
}

} // namespace mica
