package spec

import (
	"slices"
	"testing"
)

func TestBlocksLeavesNoneOut(t *testing.T) {
	var headers []string
	for _, b := range Blocks() {
		headers = append(headers, b.Header)
		if len(b.Attributes) == 0 && !b.Free {
			t.Errorf("%s may hold nothing", b.Header)
		}
	}
	for _, name := range rootGrammar.blocks {
		if !slices.Contains(headers, name) {
			t.Errorf("%s is missing", name)
		}
	}
	for _, name := range rootGrammar.labelled {
		if !slices.Contains(headers, name+` "NAME"`) {
			t.Errorf("%s is missing", name)
		}
	}
	for _, outer := range []grammar{taskGrammar, defaultsGrammar, batchGrammar, modelGrammar, variableGrammar, outputGrammar} {
		for _, name := range outer.blocks {
			at := slices.IndexFunc(Blocks(), func(b Block) bool { return b.Header == name })
			if at < 0 || len(Blocks()[at].In) == 0 {
				t.Errorf("%s is missing, or stands in nothing", name)
			}
		}
	}
}
