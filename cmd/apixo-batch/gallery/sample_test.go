package gallery

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"apixo-batch/spec/catalog"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

var sampleBegin = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// sampleState is a state of n instances of a matrix, some of which failed, run or
// are in doubt, with their files in a directory.
func sampleState(t testing.TB, dir string, n int) *state.Contents {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, "out"), 0o777); err != nil {
		t.Fatal(err)
	}
	contents := &state.Contents{Header: state.Header{Endpoint: "simulated"}}
	lanes := make([]time.Time, 32)
	for i := range n {
		style, angle := [...]string{"noir", "watercolour", "ink", "oil"}[i%4], [...]string{"low", "high"}[i/4%2]
		record := state.Record{
			Address: task.Address{Name: [...]string{"grid", "tall"}[i%10/9], Key: task.TextKey(fmt.Sprintf("%s/%s/%d", style, angle, i/8))},
			Request: request(t, fmt.Sprintf("a harbour at dawn, number %d, %s, seen from a %s angle", i, style, angle)),
			Nonce:   fmt.Sprintf("nonce-%d", i), TaskID: fmt.Sprintf("task_%08d", i), Attempt: 1, Cost: 30_000, Priced: true,
		}
		from := sampleBegin.Add(lanes[i%32].Sub(time.Time{}))
		took := time.Duration(4000+i*7919%9000) * time.Millisecond
		record.SubmittedAt, record.AcceptedAt, record.FinishedAt = from, from.Add(180*time.Millisecond), from.Add(took)
		lanes[i%32] = lanes[i%32].Add(took + time.Duration(i%7)*100*time.Millisecond)
		finish(t, dir, &record, i)
		contents.Records = append(contents.Records, record)
		spend := state.Spend{Nonce: record.Nonce, Address: record.Address, Model: record.Request.Model, TaskID: record.TaskID, Run: "20261122T100000.000Z",
			Cost: record.Cost, Priced: true, ReservedAt: record.SubmittedAt, ChargedAt: record.AcceptedAt}
		contents.Spends = append(contents.Spends, spend)
	}
	return contents
}

// finish ends a record: most succeed.
func finish(t testing.TB, dir string, r *state.Record, i int) {
	t.Helper()
	switch {
	case i%25 == 7:
		r.Status = state.Failed
		r.Failure = &task.Failure{Reason: task.ContentPolicy, Code: "NSFW_DETECTED", Message: "The prompt was flagged by the content filter."}
	case i%60 == 11:
		r.Status, r.FinishedAt = state.Running, time.Time{}
	case i%200 == 50:
		r.Status, r.TaskID, r.AcceptedAt, r.FinishedAt = state.InDoubt, "", time.Time{}, time.Time{}
		r.Doubt = &state.Doubt{Since: r.SubmittedAt, Cause: "the connection was cut before an answer came"}
	default:
		r.Status = state.Succeeded
		r.Result = &task.Result{URLs: []string{"https://files.invalid/x.png?signature=secret"}, ReceivedAt: r.FinishedAt}
		r.Artifacts = []state.Artifact{picture(t, dir, fmt.Sprintf("out/%04d.png", i), i)}
	}
}

// picture writes one of a few pictures.
func picture(t testing.TB, dir, path string, i int) state.Artifact {
	t.Helper()
	name := filepath.Join(dir, filepath.FromSlash(path))
	content := pictures[i%len(pictures)]
	if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o777), os.WriteFile(name, content, 0o666)); err != nil {
		t.Fatal(err)
	}
	return state.Artifact{Path: path, Bytes: int64(len(content)), SHA256: "00"}
}

var pictures = func() (all [][]byte) {
	for n := range 8 {
		m := image.NewRGBA(image.Rect(0, 0, 96, 64+16*(n%3)))
		for y := range m.Rect.Dy() {
			for x := range m.Rect.Dx() {
				m.Set(x, y, color.RGBA{uint8(40*n + x), uint8(200 - 2*y), uint8(90 + 20*n - x/2), 255})
			}
		}
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			panic(err)
		}
		all = append(all, b.Bytes())
	}
	return all
}()

func request(t testing.TB, prompt string) task.Request {
	t.Helper()
	input, err := json.Marshal(map[string]any{"mode": "text-to-image", "prompt": prompt, "aspect_ratio": "3:2"})
	if err != nil {
		t.Fatal(err)
	}
	r, err := task.NewRequest("nano-banana", input, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// sampleSource is a Source as the command makes it.
func sampleSource(contents *state.Contents, dir, page string) Source {
	return Source{
		Title: "jobs.hcl", State: "jobs.simulated.state.json", Contents: contents, Simulated: true, Dir: dir, Page: page,
		Axes: func(string) []string { return []string{"style", "angle", "seed"} },
		Next: func(r *state.Record) (string, string) {
			if r.Status == state.Failed {
				return "change the input, or buy it again as it is:", "apixo-batch apply -replace='" + r.Address.String() + "'"
			}
			return "", ""
		},
		Uncover: func(text string) string { return text },
		Codes:   catalog.Default(), Now: sampleBegin.Add(30 * time.Minute),
	}
}

// writePage writes the page of a source, and gives its path.
func writePage(t testing.TB, src Source) string {
	t.Helper()
	report, err := Collect(src)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := WriteHTML(&b, report); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(src.Page, "index.html")
	if err := errors.Join(os.MkdirAll(src.Page, 0o777), os.WriteFile(path, b.Bytes(), 0o666)); err != nil {
		t.Fatal(err)
	}
	return path
}
