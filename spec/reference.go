package spec

import "slices"

// Block is what one kind of block may hold, for a reference of the language.
type Block struct {
	Header     string   // as it is written: `task "NAME"`
	In         []string // the blocks it stands in; none for those of the top level
	Attributes []string
	Free       bool // attributes with names of one's own
}

// Blocks lists every kind of block: those of the top level as they are usually
// met, then those within others.
func Blocks() []Block {
	top := []struct {
		name    string
		grammar grammar
	}{
		{"task", taskGrammar}, {"defaults", defaultsGrammar}, {"batch", batchGrammar}, {"apixo", apixoGrammar},
		{"model", modelGrammar}, {"error", errorGrammar}, {"variable", variableGrammar}, {"output", outputGrammar},
		{"import", importGrammar}, {"moved", movedGrammar}, {"removed", removedGrammar},
	}
	all := []Block{{Header: "locals", Free: true}}
	for _, b := range top {
		header := b.name
		if slices.Contains(rootGrammar.labelled, b.name) {
			header += ` "NAME"`
		}
		all = append(all, Block{Header: header, Attributes: b.grammar.attributes})
	}
	within := []struct {
		Block
		of grammar
	}{
		{Block{Header: "matrix", Free: true}, grammar{}},
		{Block{Header: "include", In: []string{"matrix"}, Free: true}, grammar{}},
		{Block{Header: "exclude", In: []string{"matrix"}, Free: true}, grammar{}},
		{Block{Header: "retry"}, retryGrammar}, {Block{Header: "poll"}, pollGrammar},
		{Block{Header: "lifecycle"}, lifecycleGrammar},
		{Block{Header: "precondition"}, guardGrammar}, {Block{Header: "postcondition"}, guardGrammar},
		{Block{Header: "validation"}, validationGrammar},
	}
	for _, b := range within {
		b.Attributes = b.of.attributes
		for _, outer := range top {
			if slices.Contains(outer.grammar.blocks, b.Header) {
				b.In = append(b.In, outer.name)
			}
		}
		all = append(all, b.Block)
	}
	return all
}

// FunctionNames lists the functions of the language, sorted.
func FunctionNames() []string {
	return sortedKeys(functions("", &fileReader{}))
}
