package plan

import "fmt"

// kindWords are the kinds as programs read them.
var kindWords = map[Kind]string{
	Submit: "submit", Regenerate: "regenerate", Retry: "retry", Collect: "collect",
	Blocked: "blocked", Doubtful: "in_doubt", Orphan: "orphan", Keep: "keep",
}

// Word is the kind's name for programs.
func (k Kind) Word() string { return kindWords[k] }

// MarshalText writes the kind as its Word.
func (k Kind) MarshalText() ([]byte, error) {
	word, known := kindWords[k]
	if !known {
		return nil, fmt.Errorf("%q is not a kind of action", rune(k))
	}
	return []byte(word), nil
}

// UnmarshalText accepts what MarshalText writes.
func (k *Kind) UnmarshalText(text []byte) error {
	for kind, word := range kindWords {
		if word == string(text) {
			*k = kind
			return nil
		}
	}
	return fmt.Errorf("%q is not a kind of action", text)
}
