package spec

import (
	"testing"

	"github.com/zclconf/go-cty/cty"
)

func TestAPackedValueIsWhatItWas(t *testing.T) {
	row := map[string]cty.Value{"id": cty.StringVal("cat"), "prompt": cty.StringVal("a cat").Mark(sensitiveMark), "seed": cty.NumberIntVal(3)}
	values := []cty.Value{
		cty.NilVal, cty.StringVal("a"), cty.NullVal(cty.EmptyObject), cty.EmptyObjectVal, cty.DynamicVal,
		cty.ObjectVal(row), cty.ObjectVal(row).Mark(sensitiveMark), cty.UnknownVal(cty.Object(map[string]cty.Type{"id": cty.String})),
		cty.ObjectVal(map[string]cty.Value{"id": cty.UnknownVal(cty.String), "other": cty.NullVal(cty.String)}),
		cty.ObjectVal(map[string]cty.Value{"id": cty.StringVal("dog"), "size": cty.StringVal("small")}),
		cty.MapVal(map[string]cty.Value{"id": cty.StringVal("dog")}), cty.TupleVal([]cty.Value{cty.True}),
	}
	for n, v := range values {
		for _, before := range values {
			p := pack(v, pack(before, packed{}))
			if got := p.value(); v == cty.NilVal && got != v || v != cty.NilVal && !got.RawEquals(v) {
				t.Errorf("value %d: %#v was packed, and is %#v", n, v, got)
			}
		}
	}
}

func TestPackedRowsShareTheirShape(t *testing.T) {
	row := func(id string) cty.Value { return cty.ObjectVal(map[string]cty.Value{"id": cty.StringVal(id)}) }
	a := pack(row("a"), packed{})
	b := pack(row("b"), a)
	if a.shape != b.shape {
		t.Error("each has a shape of its own")
	}
}
