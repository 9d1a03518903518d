//go:build unix

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"apixo-batch/runner/simulator"
)

// workflowCommand is what GitHub's runner takes a line for: by its newer rule if the
// line begins with "::" after spaces, by its older one if "##[" stands anywhere.
func workflowCommand(line string) (name string, properties map[string]string, data string) {
	properties = make(map[string]string)
	if trimmed := strings.TrimSpace(line); strings.HasPrefix(trimmed, "::") {
		if info, data, found := strings.Cut(trimmed[2:], "::"); found {
			name, list, _ := strings.Cut(info, " ")
			for property := range strings.SplitSeq(list, ",") {
				key, value, _ := strings.Cut(property, "=")
				properties[key] = unescaped(value, "%3A", ":", "%2C", ",")
			}
			return name, properties, unescaped(data)
		}
	}
	if _, rest, found := strings.Cut(line, "##["); found {
		if info, data, found := strings.Cut(rest, "]"); found {
			name, _, _ := strings.Cut(info, " ")
			return "older " + name, nil, data
		}
	}
	return "", nil, ""
}

func unescaped(text string, more ...string) string {
	for i := 0; i < len(more); i += 2 {
		text = strings.ReplaceAll(text, more[i], more[i+1])
	}
	return strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(text, "%0D", "\r"), "%0A", "\n"), "%25", "%")
}

const hostileJobs = `
batch {
  output = "out/${self.name}-${self.key}.${result.ext}"
  poll {
    first    = "20ms"
    interval = "20ms"
  }
}
task "a" {
  for_each = { "::error::k%0A::x" = "MESSAGE1", "##[add-mask]k,line=777" = "MESSAGE2", "plain" = "MESSAGE3" }
  model    = "nano-banana"
  input    = { mode = "text-to-image", prompt = "::stop-commands::t ##[group]x [sim:fail=NSFW,message=${each.value}]", aspect_ratio = "1:1", "::nonsense::" = each.key }
}
`

// Whatever stands in prompts, keys and answers of the API: the only commands that GitHub
// finds in all that is said are annotations, and what they say is what was to be said.
func TestNothingFromOutsideIsACommandOfGitHub(t *testing.T) {
	t.Parallel()
	b := newBank(t, 3)
	for _, flags := range [][]string{nil, {"-verbose"}, {"-json"}, {"-json", "-verbose"}} {
		t.Run(strings.Join(flags, " "), func(t *testing.T) {
			a := b.open(t, simulator.Config{Speed: 100})
			config := strings.NewReplacer(
				"MESSAGE1", "%0A::add-mask::a ##[error b", "MESSAGE2", strings.Repeat("w ", 20)+"::set-env name=A::b", "MESSAGE3", "100% ::error file=x::y").Replace(hostileJobs)
			a.write(t, "jobs.hcl", config)
			said := new(bytes.Buffer)
			for _, args := range [][]string{append([]string{"apply", "-auto-approve", "jobs.hcl"}, flags...), {"show", "jobs.hcl"}, {"show", "-json", "jobs.hcl"}, {"status", "jobs.hcl"}, {"validate", "-strict", "jobs.hcl"}} {
				cmd := a.command(t, args...)
				cmd.Env = append(cmd.Env, "GITHUB_ACTIONS=true", "GITHUB_WORKSPACE="+a.dir, "CI=true")
				cmd.Stdout, cmd.Stderr = said, said
				if err := cmd.Run(); cmd.ProcessState == nil {
					t.Fatal(err)
				}
			}
			errors := map[string]string{}
			for line := range strings.Lines(said.String()) {
				name, properties, data := workflowCommand(line)
				switch name {
				case "":
				case "error", "warning":
					if file := properties["file"]; file != "jobs.hcl" && file != "" || file != "" && properties["line"] == "777" {
						t.Errorf("an annotation at %v: %s", properties, line)
					}
					errors[properties["title"]] = data
				default:
					t.Errorf("the command %q in %s", name, line)
				}
			}
			for title, want := range map[string]string{
				`task.a["plain"] failed`:                   "content_policy: NSFW: 100% ::error file=x::y",
				`task.a["::error::k%0A::x"] failed`:        `content_policy: NSFW: %0A::add-mask::a ##\[error b`,
				`task.a["##\[add-mask]k,line=777"] failed`: "content_policy: NSFW: " + strings.Repeat("w ", 20) + "::set-env name=A::b",
			} {
				if got, there := errors[title]; !there || strings.TrimSpace(got) != want {
					t.Errorf("%s: %q, want %q", title, got, want)
				}
			}
			if t.Failed() {
				t.Log(said.String())
			}
		})
	}
}

// A command is broken however its line is written.
func TestTheGuardSeesLinesNotWrites(t *testing.T) {
	for text, want := range map[string]string{
		"::error::x\n":          ":\\:error::x\n",
		"  \t::error::x":        "  \t:\\:error::x",
		"a\n::b":                "a\n:\\:b",
		"a\r::b":                "a\r:\\:b",
		"\u3000::b":             "\u3000:\\:b",
		"a ::b\n:c\nd: :e":      "a ::b\n:c\nd: :e",
		"x ##[error]y":          "x ##\\[error]y",
		"###[a] #[b] # #[c] [d": "###\\[a] #[b] # #[c] [d",
		"猫\xff::":               "猫\xff:\\:",
	} {
		for _, step := range []int{1, 2, 3, len(text)} {
			var b bytes.Buffer
			guard := &commandGuard{to: &b, begins: true}
			for rest := text; rest != ""; {
				n := min(step, len(rest))
				if wrote, err := guard.Write([]byte(rest[:n])); wrote != n || err != nil {
					t.Fatal(wrote, err)
				}
				rest = rest[n:]
			}
			if b.String() != want {
				t.Errorf("%q by %d: %q", text, step, b.String())
			}
		}
	}
}

func FuzzTheGuardLeavesNoCommand(f *testing.F) {
	f.Add("a ::b ##[c]d\n ::e::f\r\n", 3)
	f.Fuzz(func(t *testing.T, text string, step int) {
		var b bytes.Buffer
		guard := &commandGuard{to: &b, begins: true}
		step = max(1, step%100)
		for rest := text; rest != ""; {
			n := min(step, len(rest))
			guard.Write([]byte(rest[:n]))
			rest = rest[n:]
		}
		for line := range strings.SplitSeq(strings.ReplaceAll(b.String(), "\r", "\n"), "\n") {
			if name, _, _ := workflowCommand(line); name != "" {
				t.Errorf("%q has the command %q", text, name)
			}
		}
	})
}

func TestASummaryForCIHasPlace(t *testing.T) {
	t.Parallel()
	a := newBank(t, 4).open(t, simulator.Config{Speed: 200})
	a.write(t, "jobs.hcl", strings.Replace(oneJob, `prompt = "`, `prompt = "[sim:fail=NSFW,message=<b>|x] `, 1))
	run := func(code int, env string, args ...string) string {
		t.Helper()
		cmd := a.command(t, append([]string{"apply", "-auto-approve", "jobs.hcl"}, args...)...)
		cmd.Env = append(cmd.Env, "GITHUB_STEP_SUMMARY="+env)
		said, err := cmd.CombinedOutput()
		if got := cmd.ProcessState.ExitCode(); got != code {
			t.Errorf("%v: exit code %d, %v\n%s", args, got, err, said)
		}
		return string(said)
	}
	if said := run(exitError, "", "-ci-summary"); !strings.Contains(said, "this is no step of GitHub Actions") || len(a.sim.Ledger()) > 0 {
		t.Errorf("%s", said)
	}
	if said := run(exitError, "", "-ci-summary=jobs.state.md"); !strings.Contains(said, "name of a part of a configuration or a state") || len(a.sim.Ledger()) > 0 {
		t.Errorf("%s", said)
	}
	if said := run(exitError, "", "-ci-summary=jobs.hcl"); !strings.Contains(said, "it is jobs.hcl, which the configuration reads") || len(a.sim.Ledger()) > 0 {
		t.Errorf("%s", said)
	}
	for name, content := range map[string]string{"jobs.state.json": "{}", "paid.png": "\x89PNG\r\n\x1a\n\x00", "paid.srt": "1\n\xff"} {
		a.write(t, name, content)
		link := filepath.Join(a.dir, "to-"+filepath.Ext(name)[1:])
		if err := os.Symlink(name, link); err != nil {
			t.Skip(err)
		}
		for _, path := range []string{name, link} {
			said := run(exitError, path, "-ci-summary")
			got, err := os.ReadFile(filepath.Join(a.dir, name))
			if err != nil || string(got) != content || !strings.Contains(said, "-ci-summary") || len(a.sim.Ledger()) > 0 {
				t.Errorf("%s: %v, %q: %s", path, err, got, said)
			}
		}
		if err := os.Remove(filepath.Join(a.dir, name)); err != nil {
			t.Fatal(err)
		}
		if said := run(exitError, link, "-ci-summary"); !strings.Contains(said, "it is a link to nothing") || len(a.sim.Ledger()) > 0 {
			t.Errorf("%s: %s", link, said)
		}
	}
	full := filepath.Join(a.dir, "full.md")
	if err := os.WriteFile(full, bytes.Repeat([]byte("#"), 1<<20-1<<12-100), 0o600); err != nil {
		t.Fatal(err)
	}
	if said := run(exitFailed, full, "-ci-summary"); !strings.Contains(said, "the report was not written, and everything else was done: there is no room") {
		t.Errorf("%s", said)
	}
	part := filepath.Join(a.dir, "part.md")
	if err := os.WriteFile(part, []byte("# Of another step\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run(exitFailed, part, "-ci-summary", "-replace=*")
	text, err := os.ReadFile(part)
	if err != nil || !bytes.HasPrefix(text, []byte("# Of another step\n<!-- apixo-batch report -->\n# Results of")) || !bytes.Contains(text, []byte("content_policy NSFW")) {
		t.Errorf("%v: %s", err, text)
	}
}
