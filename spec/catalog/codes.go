package catalog

import "strings"

// Fold gives equal texts to codes that differ only in case, spaces, "_" and
// "-": the pages write "Task TimeOut" as well as "NSFW_DETECTED" (API
// document, section 10).
func Fold(code string) string {
	return foldReplacer.Replace(strings.ToLower(code))
}

var foldReplacer = strings.NewReplacer(" ", "", "_", "", "-", "")

// SpeaksOfFunds reports whether the message of a 400 means that the money has
// run out, as in "Insufficient credits": then it is to be read like a 402 (API
// document, section 11, row 4). A message that names credits, balance or quota
// without a word of lack, such as one about a white_balance parameter, does not.
func SpeaksOfFunds(message string) bool {
	var money, lack bool
	for _, word := range strings.FieldsFunc(strings.ToLower(message), notLetter) {
		money = money || fundsWords[word]
		lack = lack || lackWords[word]
	}
	return money && lack
}

// notLetter keeps "_" within words, so that names of parameters stay whole.
func notLetter(r rune) bool { return r != '_' && (r < 'a' || r > 'z') }

var fundsWords = wordSet("credit credits balance balances quota quotas fund funds insufficient_credits insufficient_balance insufficient_quota insufficient_funds")

var lackWords = wordSet("insufficient insufficient_credits insufficient_balance insufficient_quota insufficient_funds " +
	"enough low no out exhausted exceeded depleted empty used negative zero lack lacking short required need needed top recharge")

func wordSet(words string) map[string]bool {
	set := make(map[string]bool)
	for word := range strings.FieldsSeq(words) {
		set[word] = true
	}
	return set
}
