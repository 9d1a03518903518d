package view

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"apixo-batch/spec"
)

// mostOutput bounds, in lines, what a run shows of one output on a terminal, where more
// would push the summary away.
const mostOutput = 20

// writeOutputs shows outputs after a run as JSON values, which is also valid HCL.
func writeOutputs(w io.Writer, style Style, target Target, outputs []spec.Output) {
	fmt.Fprintf(w, "\n%s\n", style.bold("Outputs:"))
	for _, o := range outputs {
		lines := strings.Split(outputText(o), "\n")
		if more := len(lines) - mostOutput; style.Terminal && more > 1 {
			last := lines[len(lines)-1]
			lines = append(lines[:mostOutput-1], fmt.Sprintf("  ... %d more lines, all shown by: %s", more, target.Command("output", o.Name)), last)
		}
		fmt.Fprintf(w, "%s = %s\n", o.Name, strings.Join(lines, "\n"))
	}
}

func outputText(o spec.Output) string {
	switch {
	case o.Sensitive:
		return "(sensitive)"
	case !o.Known:
		return "(known when its tasks have run)"
	}
	var b bytes.Buffer
	if json.Indent(&b, o.Value, "", "  ") != nil {
		return Clean(string(o.Value))
	}
	lines := strings.Split(b.String(), "\n")
	for i, line := range lines {
		lines[i] = CleanLine(line)
	}
	return strings.Join(lines, "\n")
}

// WriteOutputs writes all outputs, for people.
func WriteOutputs(w io.Writer, outputs []spec.Output) {
	for _, o := range outputs {
		fmt.Fprintf(w, "%s = %s\n", o.Name, outputText(o))
	}
}

// WriteOutput writes the value of one output, as JSON that is also valid HCL.
func WriteOutput(w io.Writer, o spec.Output) { fmt.Fprintln(w, outputText(o)) }

// WriteOutputsJSON writes all outputs by name, with the values of sensitive ones,
// as Terraform does: whoever asks for JSON hands it to a program.
func WriteOutputsJSON(w io.Writer, outputs []spec.Output) error {
	all := make(map[string]fields, len(outputs))
	for _, o := range outputs {
		f := fields{"sensitive": o.Sensitive, "known": o.Known}
		if o.Known {
			f["value"] = o.Value
		}
		all[o.Name] = f
	}
	return WriteJSON(w, all, "  ")
}
