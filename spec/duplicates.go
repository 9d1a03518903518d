package spec

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// Duplicate is a set of instances that ask for the same thing, of which at least
// one is still to be bought.
type Duplicate struct {
	Instances []*Instance // at least two
	// Cost is what buying it more than once costs in this plan, in words; "" if
	// nobody knows.
	Cost string
}

// listedDuplicates bounds the sets that one warning names.
const listedDuplicates = 3

// WarnDuplicates warns of them, once for each task block in which they stand.
func WarnDuplicates(found []Duplicate) hcl.Diagnostics {
	var diags hcl.Diagnostics
	byBlock := make(map[string][]Duplicate)
	var blocks []string
	for _, d := range found {
		block := d.Instances[len(d.Instances)-1].Address.Block()
		if byBlock[block] == nil {
			blocks = append(blocks, block)
		}
		byBlock[block] = append(byBlock[block], d)
	}
	for _, block := range blocks {
		sets := byBlock[block]
		var lines []string
		for _, d := range sets[:min(len(sets), listedDuplicates)] {
			lines = append(lines, d.String())
		}
		if more := len(sets) - listedDuplicates; more > 0 {
			lines = append(lines, fmt.Sprintf("The same holds for %d more", more))
		}
		last := sets[0].Instances
		diags = append(diags, warnf(last[len(last)-1].Range, "The same thing is bought more than once",
			"%s.\nGive them different inputs, such as a seed, or remove one. If it is meant, say allow_duplicates = true in the task or in batch.", strings.Join(lines, ".\n")))
	}
	return diags
}

// String names the instances and what the repetition costs.
func (d Duplicate) String() string {
	const most = 4
	var names []string
	for _, i := range d.Instances[:min(len(d.Instances), most)] {
		names = append(names, i.Address.String())
	}
	if more := len(d.Instances) - most; more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	text := fmt.Sprintf("%d instances ask for the same thing: %s", len(d.Instances), strings.Join(names, ", "))
	if d.Cost != "" {
		text += "; " + d.Cost
	}
	return text
}
