package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner/mediatype"
	"apixo-batch/runner/simulator"
	"apixo-batch/spec/catalog"
	"apixo-batch/state"
)

// One batch of the ready-to-paste block of every model, and of one more for each type
// of file that it can be asked for: planned, submitted to a simulator that refuses every
// parameter it has no use for, polled, downloaded, and named for what the files are.
func TestEveryModelIsPlannedRunAndDownloaded(t *testing.T) {
	var jobs strings.Builder
	jobs.WriteString("batch {\n  parallelism = 64\n  poll {\n    first        = \"50ms\"\n    interval     = \"50ms\"\n    max_interval = \"200ms\"\n  }\n}\n")
	models := catalog.Default().Models()
	for _, m := range models {
		var shown strings.Builder
		view.WriteModel(&shown, m, view.DefaultWidth)
		_, block, _ := strings.Cut(shown.String(), "\ntask ")
		jobs.WriteString("\ntask " + block)
		for i, asked := range formatsOf(m) {
			block := strings.Replace(block, `" {`, fmt.Sprintf(`_%d" {`, i), 1)
			jobs.WriteString("\ntask " + strings.Replace(block, "input = {", "input = {\n"+asked, 1))
		}
	}
	a := newBank(t, 1).open(t, simulator.Config{Speed: 2000, Parameters: simulator.StrictParameters})
	a.write(t, "jobs.hcl", jobs.String())
	for _, args := range [][]string{{"plan", "-strict", "jobs.hcl"}, {"apply", "-strict", "-auto-approve", "jobs.hcl"}} {
		if output, err := a.command(t, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", args[0], err, output)
		}
	}
	contents, err := state.Read(filepath.Join(a.dir, "jobs.state.json"))
	if err != nil {
		t.Fatal(err)
	}
	seen, types := make(map[string]bool), make(map[string]bool)
	for _, r := range contents.Records {
		seen[r.Request.Model] = true
		if r.Status != state.Succeeded || len(r.Artifacts) == 0 || len(r.Artifacts) != len(r.Result.URLs) {
			t.Errorf("%s is %s with %d files of %+v", r.Address, r.Status, len(r.Artifacts), r.Result)
		}
		for _, artifact := range r.Artifacts {
			body, err := os.ReadFile(filepath.Join(a.dir, artifact.Path))
			if err != nil || int64(len(body)) != artifact.Bytes || len(body) == 0 {
				t.Errorf("%s: %v", artifact.Path, err)
			}
			want := wantedType(t, catalog.Default(), r)
			if got := mediatype.Sniff(body); got != want || !strings.HasSuffix(artifact.Path, extensions[want]) {
				t.Errorf("%s of %s is %s, want %s", artifact.Path, r.Request.Model, got, want)
			}
			types[want] = true
		}
	}
	if len(seen) != len(models) || len(types) != len(extensions) {
		t.Errorf("%d models of %d have run and made %v", len(seen), len(models), types)
	}
}

// formatsOf are the arguments by which a model can be asked for a type of file. The
// catalog has no list for sound; its example is mp3.
func formatsOf(m *catalog.Model) (arguments []string) {
	for _, p := range m.Params {
		switch p.Name {
		case "output_format":
			for _, format := range p.Enum {
				arguments = append(arguments, fmt.Sprintf("    output_format = %q", format))
			}
		case "format":
			arguments = append(arguments, `    format = "mp3"`)
		}
	}
	return arguments
}

// extensions are those of the types in which results come.
var extensions = map[string]string{
	"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp", "video/mp4": ".mp4", "audio/wave": ".wav", "audio/mpeg": ".mp3",
}

// wantedType is the type that a task's input asks for, else the model's default, else
// the usual one of the kind.
func wantedType(t *testing.T, known *catalog.Catalog, r state.Record) string {
	t.Helper()
	var input struct {
		OutputFormat string `json:"output_format"`
		Format       string
	}
	if err := json.Unmarshal(r.Request.Input, &input); err != nil {
		t.Fatal(err)
	}
	m, _ := known.Lookup(r.Request.Model)
	types := map[string]string{"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp", "mp3": "audio/mpeg"}
	asked := input.OutputFormat + input.Format
	for _, p := range m.Params {
		if usual, ok := p.Default.(string); ok && p.Name == "output_format" {
			asked = cmp.Or(asked, usual)
		}
	}
	switch {
	case asked != "":
		return types[asked]
	case m.Kind == catalog.Video:
		return "video/mp4"
	case m.Kind == catalog.Audio:
		return "audio/wave"
	}
	return "image/png"
}
