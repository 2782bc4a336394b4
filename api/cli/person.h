// What the subcommands of `lumbung person` have in common.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/cli/leaf.h"
#include "api/people/persons.h"

namespace lumbung::api::cli {

/// A person's number from 1 on.
std::optional<people::PersonNo> parse_person(std::string_view text);
void add_person(CLI::App& app, std::optional<people::PersonNo>& person);
/// An option for a word that may stand beside what is erased or read: it says nothing of a person.
CLI::Option* add_reason(CLI::App& app, const std::string& name, std::optional<std::string>& reason,
                        const std::string& help);
CLI::Option* add_purpose(CLI::App& app, std::optional<std::string>& purpose);

/// Throws Failure when there is no such cooperative.
people::PersonKey key_of(const Call& call, const std::optional<people::PersonNo>& person);
/// Of whoever asks, now. REQUIRES: there is a purpose.
storage::Access access_of(const Call& call, const engine::CoopId& coop,
                          const std::optional<std::string>& purpose);
std::string principal_name(const Call& call, const engine::CoopId& coop,
                           engine::PrincipalHandle handle);
std::string joined(const std::vector<std::string>& texts);

void add_breach(CLI::App& person, Plan& plan);  // person access, person breach

}  // namespace lumbung::api::cli
