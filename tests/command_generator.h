// Random requests to a node of several cooperatives: most of them sensible, so that books grow, and
// enough of them wrong in every way. It looks at the model to know what is there to be asked about.
#pragma once

#include <string>
#include <vector>

#include "tests/model.h"
#include "tests/random.h"

namespace lumbung::tests {

/// One request: a command, or a batch of them.
struct Request {
  engine::CoopId coop;
  std::vector<engine::Command> commands;
  std::optional<storage::BatchMode> batch;  // absent: a single command
};

/// What the world says to it: one answer a command.
std::vector<storage::Answer> answers_to(World& world, const Request& request);

class CommandGenerator {
 public:
  explicit CommandGenerator(std::uint64_t seed) : random_(seed) {}

  Request next(const Model& model);
  Random& random() { return random_; }

 private:
  struct Seen {
    engine::CoopId coop;
    engine::Command command;
  };

  Request almost_again(const Model& model);
  Request fresh(const Model& model);
  engine::Command command(const Model& model, const engine::CoopId& coop);
  engine::CommandBody body(const Model& model, const engine::CoopId& coop);
  engine::Key key();

  engine::OpenCooperative open_cooperative(const engine::CoopId& coop);
  engine::OpenAccount open_account(const Model& model, const engine::CoopId& coop);
  engine::Entry entry(const Model& model, const engine::CoopId& coop);
  engine::CommandBody settlement(const Model& model, const engine::CoopId& coop);
  engine::ReverseEntry reversal(const Model& model, const engine::CoopId& coop);
  engine::CloseDay close_day(const Model& model, const engine::CoopId& coop);
  engine::CommandBody role(const Model& model, const engine::CoopId& coop);

  engine::AccountHandle account(const Model& model, const engine::CoopId& coop);
  engine::AccountHandle account_like(const Model& model, const engine::CoopId& coop,
                                     engine::AccountHandle other);
  engine::EventNo event_no(const Model& model, const engine::CoopId& coop);
  engine::EventNo hold_no(const Model& model, const engine::CoopId& coop);
  engine::Amount amount();
  std::optional<engine::Amount> limit();
  std::optional<engine::Date> booking_date(engine::Date open_day);
  std::optional<engine::Date> value_date(engine::Date open_day);
  engine::Metadata metadata();

  Random random_;
  std::uint64_t keys_ = 0;
  std::vector<Seen> seen_;
  std::vector<Request> requests_;
};

}  // namespace lumbung::tests
