#include "clients/cli/help.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/cli/parse.h"

namespace ch8::cli {
namespace {

constexpr char kIntroduction[] =
    "Chapter8: money, goods, training and reports for peace operations, agreed between\n"
    "organizations, each with its own ledger.\n"
    "\n"
    "usage: ch8 NOUN VERB [ARGUMENTS] [OPTIONS]      more: ch8 NOUN --help, ch8 NOUN VERB --help\n";

constexpr char kClosing[] =
    "\nData goes to standard output, messages to standard error. Exit codes: 0 done, 1 differs or "
    "not\n"
    "all done, 2 usage, 3 not found, 4 refused by a rule, 5 conflict or stale, 6 unreachable,\n"
    "7 integrity. JSON is proto3 JSON with snake_case names: 64-bit integers are strings, bytes "
    "base64,\n"
    "amounts in minor units. CSV has one header line and the same names.\n"
    "Contexts are kept in $CH8_CONFIG (default $XDG_CONFIG_HOME/ch8). NO_COLOR is respected.\n";

// What is said of a noun in the list of all.
const std::map<std::string, std::string>& NounSummaries() {
  static const auto* const summaries = new std::map<std::string, std::string>{
      {"account", "balances in the ledger's books"},
      {"agreement", "what may be shared with whom, until when"},
      {"allotment", "assessed money that may be given for an operation"},
      {"booking", "days and seats on their way between two ledgers"},
      {"audit", "exports that anyone can check, and what to check them with"},
      {"budget", "lines of the receiving organization's budget"},
      {"calendar", "what takes a venue or instructor, and blackouts"},
      {"clearance", "human rights due diligence of units"},
      {"completion", "completion for your shell"},
      {"consent", "what originators were asked, and their answers"},
      {"consignment", "goods on their way, and what was counted"},
      {"context", "who you are and which node you talk to"},
      {"contribution", "what donors pledged, committed and paid"},
      {"delegation", "who may act under a decision, and up to how much"},
      {"depot", "places where your organization keeps stock"},
      {"discrepancy", "what counts found different"},
      {"erasure", "content of reports to be destroyed, by two persons"},
      {"evidence", "ledgers of others that signed two histories"},
      {"exercise", "joint exercises: propose, answer, nominate, confirm"},
      {"fund", "money of one source and currency, to be given"},
      {"group", "groups of organizations that reports go to"},
      {"hold", "legal holds, which keep a report's content from being erased"},
      {"inbox", "what waits for you, oldest first"},
      {"instructor", "instructors that exercises can book"},
      {"item", "the catalogue of goods"},
      {"ledger", "signed heads, proofs, and what is read of others"},
      {"mandate", "decision documents, and reports due under them"},
      {"node", "the nodes of your organization"},
      {"offer", "offers of money and goods: make, approve, accept, and why"},
      {"officer", "who may act, and their keys"},
      {"operation", "operations that money is for"},
      {"org", "your organization and those it trusts"},
      {"post", "posts: roles and limits"},
      {"receipt", "what was counted of consignments"},
      {"reference", "decisions that an operation's money rests on"},
      {"report", "reports: file, release, relay, recall, who has them"},
      {"request", "requests for money and goods between organizations"},
      {"standard", "dated standards: shares of women, planning gaps"},
      {"stock", "lots in depots, and which to give first"},
      {"strength", "persons deployed, by sex"},
      {"supply", "what a depot has, and how long it lasts"},
      {"venue", "venues that exercises can book"},
      {"witness", "whose heads we cosigned, and who must cosign ours"},
      {"whoami", "who the node takes you for"}};
  return *summaries;
}

std::string Padded(const std::string& text, size_t width) {
  std::string out = text;
  out.append(text.size() < width ? width - text.size() : 1, ' ');
  return out;
}

std::string ParameterLines(const std::vector<Parameter>& parameters) {
  std::string out;
  for (const Parameter& parameter : parameters) {
    std::string left = DisplayName(parameter);
    if (parameter.kind == Parameter::Kind::kOption) {
      absl::StrAppend(&left, " ", parameter.placeholder);
    }
    std::string right = parameter.help;
    if (!parameter.choices.empty()) {
      absl::StrAppend(&right, ": ", absl::StrJoin(parameter.choices, ", "));
    }
    const bool repeated = parameter.presence == Parameter::Presence::kRepeated ||
                          parameter.presence == Parameter::Presence::kRequiredRepeated;
    if (repeated) absl::StrAppend(&right, "; may be given several times");
    absl::StrAppend(&out, "  ", Padded(left, 30), right, "\n");
  }
  return out;
}

std::string HelpForAll(const std::vector<Command>& commands) {
  std::map<std::string, std::vector<std::string>> verbs;
  for (const Command& command : commands) {
    std::vector<std::string>& words = verbs[command.path[0]];
    if (command.path.size() > 1) {
      words.push_back(absl::StrJoin(command.path.begin() + 1, command.path.end(), " "));
    }
  }
  std::string out = absl::StrCat(kIntroduction, "\n");
  for (const auto& [noun, words] : verbs) {
    const auto summary = NounSummaries().find(noun);
    absl::StrAppend(&out, "  ", Padded(noun, 14),
                    summary == NounSummaries().end() ? "" : summary->second, "\n");
    if (!words.empty()) absl::StrAppend(&out, "                ", absl::StrJoin(words, ", "), "\n");
  }
  absl::StrAppend(&out, "\noptions of every command:\n", ParameterLines(GlobalParameters()));
  return out + kClosing;
}

std::string HelpForCommand(const Command& command) {
  std::string out = absl::StrCat(command.summary, "\n\nusage: ", UsageLine(command), "\n");
  if (!command.parameters.empty()) {
    absl::StrAppend(&out, "\n", ParameterLines(command.parameters));
  }
  if (!command.notes.empty()) absl::StrAppend(&out, "\n", command.notes, "\n");
  absl::StrAppend(&out, "\noptions of every command: ch8 --help\n");
  return out;
}

std::string HelpForNoun(const std::vector<Command>& commands,
                        const std::vector<std::string>& path) {
  const std::string words = absl::StrJoin(path, " ");
  const auto summary = NounSummaries().find(words);
  std::string out = absl::StrCat("ch8 ", words);
  if (summary != NounSummaries().end()) absl::StrAppend(&out, ": ", summary->second);
  absl::StrAppend(&out, "\n\n");
  for (const Command& command : commands) {
    const bool below = command.path.size() > path.size() &&
                       std::equal(path.begin(), path.end(), command.path.begin());
    if (!below) continue;
    absl::StrAppend(&out, "  ", UsageLine(command), "\n      ", command.summary, "\n");
  }
  absl::StrAppend(&out, "\nmore: ch8 ", words,
                  " VERB --help; options of every command: ch8 --help\n");
  return out;
}

std::string WordList(const std::vector<Parameter>& parameters) {
  std::vector<std::string> words;
  for (const Parameter& parameter : parameters) {
    if (parameter.kind != Parameter::Kind::kPositional) words.push_back(DisplayName(parameter));
  }
  return absl::StrJoin(words, " ");
}

}  // namespace

std::string HelpText(const std::vector<Command>& commands, const std::vector<std::string>& path) {
  if (path.empty()) return HelpForAll(commands);
  for (const Command& command : commands) {
    if (command.path == path) return HelpForCommand(command);
  }
  return HelpForNoun(commands, path);
}

std::string BashCompletion(const std::vector<Command>& commands) {
  std::map<std::string, std::set<std::string>> next;        // After these words, these.
  std::map<std::string, std::string> options;               // Of a command.
  std::map<std::string, std::vector<std::string>> choices;  // Of "words --option".
  for (const Command& command : commands) {
    std::string before;
    for (const std::string& word : command.path) {
      next[before].insert(word);
      before = before.empty() ? word : absl::StrCat(before, " ", word);
    }
    options[before] = WordList(command.parameters);
    for (const Parameter& parameter : command.parameters) {
      if (parameter.choices.empty()) continue;
      choices[absl::StrCat(before, " ", DisplayName(parameter))] = parameter.choices;
    }
  }
  std::string out =
      "# bash completion for ch8; put it in use with:  source <(ch8 completion bash)\n"
      "_ch8() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words= i w\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    w=${COMP_WORDS[i]}\n"
      "    case $w in\n"
      "      -o|--output|--as|--context|--post|--request-id|--timeout) ((i++)); continue ;;\n"
      "      -*) continue ;;\n"
      "    esac\n"
      "    case \"${words:+$words }$w\" in\n      ";
  std::vector<std::string> known;
  for (const auto& [before, words] : next) {
    for (const std::string& word : words) {
      known.push_back(absl::StrCat("\"", before, before.empty() ? "" : " ", word, "\""));
    }
  }
  absl::StrAppend(&out, absl::StrJoin(known, "|"), ") words=\"${words:+$words }$w\" ;;\n",
                  "    esac\n  done\n  local list=\n  case \"$words $prev\" in\n",
                  "    *\" -o\"|*\" --output\") list=\"table json csv\" ;;\n");
  for (const auto& [words, values] : choices) {
    absl::StrAppend(&out, "    \"", words, "\") list=\"", absl::StrJoin(values, " "), "\" ;;\n");
  }
  absl::StrAppend(&out, "    *) case \"$words\" in\n");
  for (const auto& [before, words] : next) {
    absl::StrAppend(&out, "      \"", before, "\") list=\"", absl::StrJoin(words, " "), "\" ;;\n");
  }
  for (const auto& [words, list] : options) {
    absl::StrAppend(&out, "      \"", words, "\") list=\"", list, "\" ;;\n");
  }
  absl::StrAppend(&out, "      esac\n      [[ $cur == -* ]] && list+=\" ",
                  WordList(GlobalParameters()),
                  " --help\" ;;\n  esac\n"
                  "  COMPREPLY=($(compgen -W \"$list\" -- \"$cur\"))\n"
                  "  [[ ${#COMPREPLY[@]} -eq 0 ]] && COMPREPLY=($(compgen -f -- \"$cur\"))\n"
                  "}\ncomplete -F _ch8 ch8\n");
  return out;
}

}  // namespace ch8::cli
