// Workers: the few threads that read from the store, so that no io thread waits for a disk.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace lumbung::api {

/// Runs tasks in order on a few threads. Any thread. A task does not throw.
class Workers {
 public:
  using Task = std::function<void()>;

  Workers(std::size_t threads, std::size_t queue_max);
  /// Runs what waits, then joins.
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// False, and nothing taken, when queue_max tasks wait already.
  [[nodiscard]] bool offer(Task task);
  /// Takes the task in any case: for work whose request was let in before.
  void push(Task task);
  /// Tasks that wait.
  std::size_t waiting() const;

 private:
  void work();

  const std::size_t queue_max_;
  mutable std::mutex mutex_;
  std::condition_variable something_waits_;
  std::deque<Task> waiting_;  // under mutex_
  bool ending_ = false;       // under mutex_
  std::vector<std::thread> threads_;
};

}  // namespace lumbung::api
