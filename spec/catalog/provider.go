package catalog

import (
	"fmt"
	"slices"
	"strings"
)

// Providers are the documented routes (API document, section 3).
var Providers = [...]string{"auto", "value", "official"}

// CheckProvider compares a provider, "" if none is sent, with what is known of the
// model's routes. It is not ok if there is something to doubt.
func (m *Model) CheckProvider(provider string) (doubt Doubt, ok bool) {
	switch {
	case m.Provider != "" && provider == "":
		return Doubt{Summary: "Missing provider", Detail: fmt.Sprintf("As far as the catalog knows, %s works with provider = %q only, which has to be sent; without, the task may be refused.", m.ID, m.Provider)}, false
	case m.Provider != "" && provider != m.Provider:
		return Doubt{Summary: "Another provider than the one that works", Detail: fmt.Sprintf("The provider is %q, and as far as the catalog knows %s works with %q only.", provider, m.ID, m.Provider)}, false
	case provider != "" && !m.Channels && !slices.Contains(Providers[:], provider):
		return Doubt{Summary: "Unknown provider", Detail: fmt.Sprintf("The provider is %q, and the documented ones are %s.", provider, strings.Join(Providers[:], ", "))}, false
	}
	return Doubt{}, true
}
