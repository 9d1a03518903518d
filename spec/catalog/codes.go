package catalog

import (
	"regexp"
	"strings"
)

// Fold gives equal texts to codes that differ only in case, spaces, "_" and
// "-": the pages write "Task TimeOut" as well as "NSFW_DETECTED" (API
// document, section 10).
func Fold(code string) string {
	return foldReplacer.Replace(strings.ToLower(code))
}

var foldReplacer = strings.NewReplacer(" ", "", "_", "", "-", "")

// SpeaksOfFunds reports whether the message of a 400 means that the money has
// run out, as in "Insufficient credits": then it is to be read like a 402 (API
// document, section 11, row 4). The words of money and of lack must belong
// together, since that stops a run: of "color balance out of range" they do not.
func SpeaksOfFunds(message string) bool { return lackOfFunds.MatchString(message) }

// lackOfFunds has the document's spellings, which may be one word or several, and
// those that say the same.
var lackOfFunds = regexp.MustCompile(`(?i)` + strings.Join([]string{
	`\b(?:insufficient|not enough|(?:do not|don't) have enough)[ _-]*` + whose + money + `\b`,
	`\b(?:low|out of)[ _-]` + whose + `(?:credits?|funds)\b`,
	`\bno (?:more )?(?:credits?|funds|quota) (?:left|available|remaining)\b`,
	`\blow (?:account )?balance\b`,
	`(?:^|[^\s\w]\s*|\b(?:your|the|account|user|current|api|key)\s+)` + money + `[ _-](?:(?:is|are|was|has been|have been)\s+)?` +
		`(?:too low|not enough|not sufficient|insufficient|exceeded|exhausted|depleted|used up)\b`,
	`\b(?:top up|recharge) (?:your )?(?:account|balance|credits)\b`,
	`\bpayment required\b`,
}, `|`))

const (
	money = `(?:credits?|balance|quota|funds?)`
	whose = `(?:(?:account|user|api|your) )?`
)
