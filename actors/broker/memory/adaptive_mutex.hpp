// A mutex for sections of some hundred nanoseconds.

#pragma once

#include <pthread.h>

namespace mica::broker::memory {

/// Spins a little before it sleeps: two threads that meet in so short a section would
/// else pay for two context switches each time. Meets Lockable.
class adaptive_mutex {
public:
  adaptive_mutex() = default;
  adaptive_mutex(const adaptive_mutex&) = delete;
  adaptive_mutex& operator=(const adaptive_mutex&) = delete;

  ~adaptive_mutex() {
    pthread_mutex_destroy(&mutex_);
  }

  void lock() {
    pthread_mutex_lock(&mutex_);
  }

  bool try_lock() {
    return pthread_mutex_trylock(&mutex_) == 0;
  }

  void unlock() {
    pthread_mutex_unlock(&mutex_);
  }

private:
  pthread_mutex_t mutex_ = PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP;
};

} // namespace mica::broker::memory
