//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// BenchmarkPlanCommand measures plan, for a for_each over a table, beside a loop that
// only parses the same files, evaluates each input and encodes it; and the plan of
// what is done already, with its state and files, beside the first one. All are
// processes or loops of this machine, one after the other. It asserts no figure: the
// goals are what the project wants to reach, and testdata/benchmarks.txt says what it
// has reached.
//
//	x-floor     processor time of the first plan, by that of the loop; goal 2
//	x-first     processor time of the plan with nothing to do, by the first's; goal 1.3
//	x-wait      the same of the time that it is waited for
//	*-MB        most memory of the process; goal 500 at 100,000
func BenchmarkPlanCommand(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			dir := b.TempDir()
			writeBatch(b, dir, n)
			var floor, first, idle time.Duration
			var firstMB, idleMB float64
			var firstWait, idleWait time.Duration
			for b.Loop() {
				os.Remove(filepath.Join(dir, "jobs.state.json"))
				began := cpuTime()
				evaluateAll(b, dir, n)
				floor += cpuTime() - began
				used, took, mb := planProcess(b, dir, fmt.Sprintf("Plan: %d to add", n))
				first, firstWait, firstMB = first+used, firstWait+took, max(firstMB, mb)
				finishAll(b, dir, n)
				used, took, mb = planProcess(b, dir, "No changes")
				idle, idleWait, idleMB = idle+used, idleWait+took, max(idleMB, mb)
			}
			b.ReportMetric(floor.Seconds()/float64(b.N), "floor-cpu-s")
			b.ReportMetric(first.Seconds()/float64(b.N), "first-cpu-s")
			b.ReportMetric(first.Seconds()/floor.Seconds(), "x-floor")
			b.ReportMetric(idle.Seconds()/first.Seconds(), "x-first")
			b.ReportMetric(idleWait.Seconds()/firstWait.Seconds(), "x-wait")
			b.ReportMetric(idleWait.Seconds()/float64(b.N), "idle-s")
			b.ReportMetric(firstMB, "first-MB")
			b.ReportMetric(idleMB, "idle-MB")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// evaluateAll is the least that a plan has to do.
func evaluateAll(b *testing.B, dir string, n int) {
	source, err := os.ReadFile(filepath.Join(dir, "jobs.hcl"))
	if err != nil {
		b.Fatal(err)
	}
	file, diags := hclsyntax.ParseConfig(source, "jobs.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		b.Fatal(diags)
	}
	attributes := file.Body.(*hclsyntax.Body).Blocks[0].Body.Attributes
	read := function.New(&function.Spec{
		Params: []function.Parameter{{Name: "path", Type: cty.String}}, Type: function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			text, err := os.ReadFile(filepath.Join(dir, args[0].AsString()))
			return cty.StringVal(string(text)), err
		},
	})
	root := &hcl.EvalContext{Functions: map[string]function.Function{"csvdecode": stdlib.CSVDecodeFunc, "file": read}}
	value := func(name string, ctx *hcl.EvalContext) cty.Value {
		v, diags := attributes[name].Expr.Value(ctx)
		if diags.HasErrors() {
			b.Fatal(diags)
		}
		return v
	}
	encoded := make(map[string][]byte, n)
	for it := value("for_each", root).ElementIterator(); it.Next(); {
		_, row := it.Element()
		ctx := root.NewChild()
		ctx.Variables = map[string]cty.Value{"each": cty.ObjectVal(map[string]cty.Value{"value": row})}
		key := value("key", ctx)
		ctx.Variables["each"] = cty.ObjectVal(map[string]cty.Value{"key": key, "value": row})
		input := value("input", ctx)
		if encoded[key.AsString()], err = ctyjson.Marshal(input, input.Type()); err != nil {
			b.Fatal(err)
		}
	}
	if len(encoded) != n {
		b.Fatal(len(encoded))
	}
}

// planProcess runs plan, whose output has to say something, and gives the processor
// time, the time and the memory in MB that it took.
func planProcess(b *testing.B, dir, says string) (used, took time.Duration, mb float64) {
	cmd := command(b, dir, "http://127.0.0.1:1", "plan", "-offline", "jobs.hcl")
	cmd.Env = append(cmd.Env, "XDG_STATE_HOME="+dir)
	most := measured(b, cmd)
	began := time.Now()
	out, err := cmd.Output()
	took = time.Since(began)
	if err != nil {
		b.Fatal(err)
	}
	if !strings.Contains(string(out), says) {
		b.Fatalf("plan does not say %q: %s", says, out)
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), took, most()
}

// finishAll makes the state and the files of a batch that is done.
func finishAll(b *testing.B, dir string, n int) {
	store, err := state.Open(filepath.Join(dir, "jobs.state.json"), state.OpenOptions{})
	if err != nil {
		b.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "out", "hero"), 0o700); err != nil {
		b.Fatal(err)
	}
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	change := state.Change{Op: "benchmark"}
	for i := range n {
		r := finishedRecord(i, at)
		if err := os.WriteFile(filepath.Join(dir, r.Artifacts[0].Path), []byte("file"), 0o600); err != nil {
			b.Fatal(err)
		}
		change.Put = append(change.Put, r)
		change.Money = append(change.Money, state.Entry{
			Kind: state.Reserve, Nonce: r.Nonce, Address: r.Address, Model: r.Request.Model, Cost: r.Cost, Priced: true, At: at,
		})
		if len(change.Put) == 1000 || i == n-1 {
			if err := store.Commit(change); err != nil {
				b.Fatal(err)
			}
			change = state.Change{Op: "benchmark"}
		}
	}
	if err := store.Close(); err != nil {
		b.Fatal(err)
	}
}

func finishedRecord(i int, at time.Time) state.Record {
	input := fmt.Sprintf(`{"aspect_ratio":"16:9","mode":"text-to-image","prompt":"a harbour at dawn, number %d, with boats, noir"}`, i)
	request := task.CanonicalRequest("nano-banana", []byte(input), nil)
	url := fmt.Sprintf("https://cdn.example.com/results/%08d/0.png?signature=%064d&expires=1", i, i)
	return state.Record{
		Address: task.Address{Name: "hero", Key: task.TextKey(fmt.Sprintf("row%d", i))}, Status: state.Succeeded,
		Request: request, Fingerprint: request.Fingerprint(), Attempt: 1, Nonce: fmt.Sprintf("nonce-%020d", i),
		TaskID: fmt.Sprintf("task-%08d", i), Cost: 30_000, Priced: true,
		SubmittedAt: at, AcceptedAt: at.Add(time.Second), FinishedAt: at.Add(time.Minute),
		Result:    &task.Result{URLs: []string{url}, Raw: fmt.Appendf(nil, `{"resultUrls":[%q]}`, url), ReceivedAt: at.Add(time.Minute)},
		Artifacts: []state.Artifact{{Path: fmt.Sprintf("out/hero/row%d-0.png", i), Bytes: 4, SHA256: fmt.Sprintf("%064x", i)}},
	}
}
