package spec

import (
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
)

// hostile are expressions that would take for ever, or all memory. digits.txt
// holds a million digits, large.txt 20 MB, deep.json a million brackets.
var hostile = map[string]string{ // what is said of it
	`"x${1e9999999}"`:                                          "out of range",
	`toset([1e9999999, 1])`:                                    "out of range",
	`format("%d", 1e9999999)`:                                  "out of range",
	`-1e-9999999`:                                              "out of range",
	`tonumber("1e9999999")`:                                    "out of range",
	`"1e9999999" + 1`:                                          "out of range",
	`-"1e9999999"`:                                             "out of range",
	`"1e9999999" < 1`:                                          "out of range",
	`max(1, "1e9999999")`:                                      "out of range",
	`sum(["1e9999999", 1])`:                                    "out of range",
	`jsondecode("[1e9999999]")`:                                "out of range",
	`jsonldecode("{\"a\": 1e9999999}")`:                        "out of range",
	`yamldecode("a: 1e9999999")`:                               "out of range",
	`csvdecode("n\n1e9999999")[0].n * 2`:                       "out of range",
	`{ (1e9999999) = 1 }`:                                      "out of range",
	`{ 1e9999999 = 1 }`:                                        "out of range",
	`[1, 2][1e9999999]`:                                        "out of range",
	`[1, 2]["1e9999999"]`:                                      "Invalid index",
	`1e16000 * 1e16000`:                                        "out of range",
	`1 / 1e16000 / 1e16000`:                                    "out of range",
	`lookup(tomap({ a = [1] }), "b", ["1e9999999"])`:           "out of range",
	`parseint(file("digits.txt"), 10)`:                         "more than 4096 digits",
	`tonumber(file("digits.txt"))`:                             "more than 4096 digits",
	`file("digits.txt") * 2`:                                   "more than 4096 digits",
	`jsondecode(file("digits.txt"))`:                           "more than 4096 digits",
	`yamldecode(file("digits.txt"))`:                           "more than 4096 digits",
	`jsondecode(file("deep.json"))`:                            "nested",
	`yamldecode(file("deep.json"))`:                            "nested",
	`jsonldecode(file("deep.json"))`:                           "nested",
	`templatefile("deep.tmpl", {})`:                            "nested",
	`templatestring(file("deep.tmpl"), {})`:                    "nested",
	`range(1e9)`:                                               "more than 1,000,000",
	`setproduct(range(100000), range(100000))`:                 "would be larger",
	`indent(1000000000, "a\nb")`:                               "would be larger",
	`format("%999999999d", 1)`:                                 "would be larger",
	`format("%.99999f", 1)`:                                    "would be larger",
	`formatlist("%s%s", range(1000000), file("large.txt"))`:    "would be larger",
	`join(file("large.txt"), formatlist("%d", range(100000)))`: "would be larger",
	`replace(file("large.txt"), "", file("large.txt"))`:        "would be larger",
	`replace(file("large.txt"), "/a/", file("large.txt"))`:     "would be larger",
	`split("", file("large.txt"))`:                             "would be larger",
	`regexall("", file("large.txt"))`:                          "would be larger",
	`concat(` + strings.TrimSuffix(strings.Repeat(`range(100000), `, 42), ", ") + `)`: "would be larger",
	`[for a in range(1000000) : [for b in range(1000000) : a]]`:                       "too much",
	`[for a in range(1000000) : "${file("large.txt")}${a}"]`:                          "too much",
	`join("", [for a in range(1000000) : "%{for b in range(1000000)}x%{endfor}"])`:    "too much",
	`yamldecode("a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f,*f,*f]\nh: 1\n")`: "",
}

// Each try within another would double the time if it evaluated its arguments
// twice.
func TestTriesWithinTriesTakeNoLongerThanTheyLook(t *testing.T) {
	expr := strings.Repeat("try(can(", 200) + "1" + strings.Repeat("))", 200)
	start := cpuTime(t)
	if value, diags := parseExpr(t, expr).Value(functionContext("")); diags.HasErrors() || !value.True() {
		t.Errorf("%v, %v", value, diags)
	}
	if taken := cpuTime(t) - start; taken > 5*time.Second*slowdown {
		t.Errorf("it took %v", taken)
	}
}

func hostileFiles(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "digits.txt", strings.Repeat("7", 1_000_000))
	write(t, dir, "large.txt", strings.Repeat("a", 20<<20))
	write(t, dir, "deep.json", strings.Repeat("[", 1_000_000))
	write(t, dir, "deep.tmpl", strings.Repeat("${[", 100_000))
	return dir
}

func TestHostileExpressionsEndWithAnError(t *testing.T) {
	measuresTime(t)
	dir := hostileFiles(t)
	for _, expr := range sortedKeys(hostile) {
		t.Run(clip(expr, 60), func(t *testing.T) {
			write(t, dir, "jobs.hcl", "locals {\n  a = "+expr+"\n}\n")
			diags := bounded(t, filepath.Join(dir, "jobs.hcl"))
			if want := hostile[expr]; want != "" && !strings.Contains(diags.Error(), want) {
				t.Errorf("%s: %v; want %q", expr, diags, want)
			}
		})
	}
}

// bounded loads a configuration within 1 GB and some seconds of computing, some 5
// where nothing is amiss.
func bounded(t *testing.T, path string) hcl.Diagnostics {
	t.Helper()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := cpuTime(t)
	s, diags := Load(path, LoadOptions{})
	if !diags.HasErrors() {
		diags = append(diags, s.Check()...)
	}
	runtime.ReadMemStats(&after)
	if taken := cpuTime(t) - start; taken > 10*time.Second*slowdown {
		t.Errorf("it took %v", taken)
	}
	if used := after.Sys - min(before.Sys, after.Sys); used > 1<<30 {
		t.Errorf("it took %d MiB", used>>20)
	}
	return diags
}

func TestTheBoundOfInstancesCanBeSet(t *testing.T) {
	const config = "batch {\n  max_instances = 2\n}\ntask \"t\" {\n  model = \"nano-banana\"\n  for_each = toset([\"a\", \"b\"])\n  input = { prompt = each.key }\n}\n"
	dir := t.TempDir()
	write(t, dir, "jobs.hcl", config)
	if _, diags := Load(dir, LoadOptions{}); diags.HasErrors() {
		t.Error(diags)
	}
	write(t, dir, "jobs.hcl", strings.ReplaceAll(config, `"b"`, `"b", "c"`))
	if _, diags := Load(dir, LoadOptions{}); !strings.Contains(diags.Error(), "at most 2 are allowed") {
		t.Error(diags)
	}
}

// cty compares each with each in some of these: 20,000 texts took it from 5
// seconds to 2 minutes.
func TestCollectionsTakeTimeInProportion(t *testing.T) {
	context := functionContext("")
	const list = `[for n in range(20000) : "prompt ${n}"]`
	for _, expr := range []string{"toset(" + list + ")", "tolist(" + list + ")", "distinct(" + list + ")", "join(\",\", " + list + ")", "setunion(" + list + ", [])", "reverse(" + list + ")"} {
		start := cpuTime(t)
		if _, diags := parseExpr(t, expr).Value(context); diags.HasErrors() {
			t.Errorf("%s: %v", expr, diags)
		}
		if taken := cpuTime(t) - start; taken > 3*time.Second*slowdown {
			t.Errorf("%s took %v", expr, taken)
		}
	}
}

func TestFilesOfAllowedDirectories(t *testing.T) {
	dir, shared := t.TempDir(), t.TempDir()
	write(t, shared, "a.txt", "text")
	config := `output "v" { value = "${file("` + shared + `/a.txt")} ${join(",", fileset("` + shared + `", "*"))} ${fileexists("` + shared + `/b.txt")}" }`
	write(t, dir, "jobs.hcl", config)
	s, diags := Load(dir, LoadOptions{AllowPaths: []string{shared}})
	outputs, outputDiags := s.EvalOutputs(nil)
	if diags.HasErrors() || outputDiags.HasErrors() || string(outputs[0].Value) != `"text a.txt false"` {
		t.Error(diags, outputDiags, outputs)
	}
	for _, allowed := range [][]string{nil, {dir}, {shared + "/a"}} {
		s, diags := Load(dir, LoadOptions{AllowPaths: allowed})
		_, outputDiags := s.EvalOutputs(nil)
		if !strings.Contains(append(diags, outputDiags...).Error(), "-allow-path=DIR") {
			t.Errorf("with %v: %v %v", allowed, diags, outputDiags)
		}
	}
}
