package gallery

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"apixo-batch/spec/task"
	"apixo-batch/state"
)

func collect(t testing.TB, src Source) *Report {
	t.Helper()
	r, err := Collect(src)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// hostileReport is a report of hostile texts.
func hostileReport(t testing.TB) *Report {
	dir := t.TempDir()
	contents := &state.Contents{}
	addHostile(t, dir, contents)
	src := sampleSource(contents, dir, filepath.Join(dir, "report"))
	src.Title, src.State = hostile[0], hostile[1]
	return collect(t, src)
}

// What stands between the tags of the page is the page's own, whatever the texts are.
func TestHostileTextsAddNoMarkup(t *testing.T) {
	var b bytes.Buffer
	if err := WriteHTML(&b, hostileReport(t)); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	if n := strings.Count(page, "</script"); n != 2 {
		t.Errorf("the page has %d ends of scripts, want its 2", n)
	}
	for _, mark := range []string{"<img", "<svg/", "<!--", "\u202e", "\u2066", "\u2028", "\x07", "\x1b"} {
		if strings.Contains(page, mark) {
			t.Errorf("the page holds %q", mark)
		}
	}
	if len(page) > 200_000 {
		t.Errorf("the page has %d bytes: texts are not bounded", len(page))
	}
}

func TestTheDataInThePageAreWhatWasCollected(t *testing.T) {
	r := hostileReport(t)
	var b bytes.Buffer
	if err := WriteHTML(&b, r); err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?s)<script type="application/json" id="data">(.*?)</script>`).FindSubmatch(b.Bytes())
	if found == nil {
		t.Fatal("there are no data")
	}
	var got data
	if err := json.Unmarshal(found[1], &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(data{r.Tasks, r.Items}, got); diff != "" {
		t.Errorf("-collected +page\n%s", diff)
	}
}

// A browser runs the script and uses the style sheet only if the policy names them.
func TestThePolicyNamesScriptAndStyle(t *testing.T) {
	var b bytes.Buffer
	if err := WriteHTML(&b, collect(t, sampleSource(&state.Contents{}, t.TempDir(), ""))); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	policy := regexp.MustCompile(`Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(page)
	script := regexp.MustCompile(`(?s)<script>(.*?)</script>`).FindStringSubmatch(page)
	style := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindStringSubmatch(page)
	if policy == nil || script == nil || style == nil {
		t.Fatal("policy, script or style is missing")
	}
	allowed := strings.NewReplacer("&#39;", "'", "&#43;", "+").Replace(policy[1])
	for name, text := range map[string]string{"script": script[1], "style": style[1]} {
		if want := name + "-src '" + digest(text) + "'"; !strings.Contains(allowed, want) {
			t.Errorf("%s is not in %s", want, allowed)
		}
	}
	if !strings.HasPrefix(allowed, "default-src 'none';") || strings.Contains(allowed, "unsafe") || strings.Contains(allowed, "http") {
		t.Errorf("the policy is %s", allowed)
	}
	if regexp.MustCompile(`\s(on[a-z]+|style)=`).MatchString(page[:strings.Index(page, "<script")]) {
		t.Error("the page has inline handlers or styles, which the policy forbids")
	}
}

func TestAPageIsKnownByItsFirstBytes(t *testing.T) {
	var b bytes.Buffer
	if err := WriteHTML(&b, hostileReport(t)); err != nil {
		t.Fatal(err)
	}
	if !IsPage(b.Bytes()) {
		t.Error("a page is not known")
	}
	for _, other := range []string{"", "<!doctype html><title>mine</title>", strings.Repeat(" ", 600) + Generator} {
		if IsPage([]byte(other)) {
			t.Errorf("%q is taken for a page", other)
		}
	}
}

func TestFilesAreShownOnlyIfTheyAreWhatTheySeem(t *testing.T) {
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "secret.png")
	for name, content := range map[string]string{
		filepath.Join(dir, "page.png"): "<html><script>alert(1)</script>", filepath.Join(dir, "vector.svg"): `<svg xmlns="http://www.w3.org/2000/svg"/>`,
		filepath.Join(dir, "clip.mp4"): "\x00\x00\x00\x20ftypisom\x00\x00\x02\x00", filepath.Join(dir, "tune.mp3"): "\xff\xfb\x90\x00",
		filepath.Join(dir, "tune.m4a"): "\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso5",
		filepath.Join(dir, "cut.png"):  "\x89PNG", filepath.Join(dir, "real.png"): string(pictures[0]), outside: string(pictures[0]),
	} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(dir, "link.png")); err != nil {
		t.Skip(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "dir.png"), 0o700); err != nil {
		t.Fatal(err)
	}
	s, err := openShelf(dir, filepath.Join(dir, "a", "report"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	size := func(name string) int64 {
		info, err := os.Lstat(filepath.Join(dir, name))
		if err != nil {
			return 1
		}
		return info.Size()
	}
	for path, want := range map[string]string{
		"real.png": "image", "clip.mp4": "video", "tune.mp3": "audio", "tune.m4a": "audio",
		"page.png": "neither image, video nor sound", "vector.svg": "neither image, video nor sound",
		"link.png": "not a regular file", "dir.png": "not a regular file", "gone.png": "not on disk",
		"../" + filepath.Base(filepath.Dir(outside)) + "/secret.png": "outside", "/etc/passwd": "outside", "": "outside",
	} {
		f := s.look(state.Artifact{Path: path, Bytes: size(path)})
		if f.Kind != want && !strings.Contains(f.Problem, want) {
			t.Errorf("%q is %+v, want %s", path, f, want)
		}
		if shown := f.URL != ""; shown != (f.Problem == "") || shown && f.URL != "./../../"+path {
			t.Errorf("%q has the URL %q and the problem %q", path, f.URL, f.Problem)
		}
	}
	if f := s.look(state.Artifact{Path: "cut.png", Bytes: 400}); f.Problem != "not as it was saved: it has 4 bytes, and had 400 bytes" {
		t.Errorf("a cut file is %+v", f)
	}
}

func TestNamesBecomeOnePathOfAURL(t *testing.T) {
	for path, want := range map[string]string{
		"../out/a b.png":           "./../out/a%20b.png",
		"javascript:alert(1)":      "./javascript:alert%281%29",
		"//evil.example/x.png":     ".///evil.example/x.png",
		"a?b#c%41\".png":           "./a%3Fb%23c%2541%22.png",
		"\u202e\n\x00.png":         "./%E2%80%AE%0A%00.png",
		"\xff\xfe/\\..\\x.png":     "./%FF%FE/%5C..%5Cx.png",
		"https://evil.example/?a=": "./https://evil.example/%3Fa=",
	} {
		if got := relativeURL(path); got != want {
			t.Errorf("%q becomes %s, want %s", path, got, want)
		}
	}
}

func TestNothingSensitiveIsShown(t *testing.T) {
	dir := t.TempDir()
	contents := &state.Contents{}
	digest := "hmac-sha256:" + strings.Repeat("ab", 32)
	r := state.Record{
		Address: task.Address{Name: "one"}, Status: state.Failed, TaskID: "t", Nonce: "n",
		Request: task.Request{Model: "m", Input: json.RawMessage(`{"prompt":"` + digest + `","image_urls":["https://host/x.png?signature=canary"],"list":["` + digest + `"]}`)},
		Failure: &task.Failure{Reason: task.Unclassified, Message: "see https://host/y?signature=canary"},
	}
	r.Past = []state.Past{{Nonce: "m", Status: state.Failed, Failure: r.Failure}}
	contents.Records = []state.Record{r}
	src := sampleSource(contents, dir, "")
	src.Uncover = func(text string) string { return regexp.MustCompile(`\?signature=\w+`).ReplaceAllString(text, "?...") }
	for name, text := range written(t, collect(t, src)) {
		if strings.Contains(text, "canary") || strings.Contains(text, "abab") {
			t.Errorf("%s shows what is sensitive:\n%s", name, text)
		}
		if name != "markdown" && !strings.Contains(text, "(sensitive)") {
			t.Errorf("%s does not say that something is hidden", name)
		}
	}
}

// written is a report in each form, the page without its script.
func written(t testing.TB, r *Report) map[string]string {
	t.Helper()
	texts := make(map[string]string)
	for name, write := range map[string]func(io.Writer, *Report) error{"html": WriteHTML, "csv": WriteCSV, "markdown": WriteMarkdown} {
		var b bytes.Buffer
		if err := write(&b, r); err != nil {
			t.Fatal(err)
		}
		texts[name] = strings.ReplaceAll(b.String(), pageScript, "")
	}
	return texts
}

func TestNoCellOfCSVIsAFormula(t *testing.T) {
	rows, err := csv.NewReader(strings.NewReader(written(t, hostileReport(t))["csv"])).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(rows[0], ","); got != CSVHead || len(rows) != len(hostile)+1 {
		t.Errorf("%d rows, and the head %s", len(rows), got)
	}
	for _, row := range rows[1:] {
		for n, cell := range row {
			if strings.HasPrefix(strings.TrimSpace(cell), "=") || strings.ContainsAny(cell, "\x1b\x07\u202e\u2028") {
				t.Errorf("column %s holds %.60q", rows[0][n], cell)
			}
		}
	}
	for text, want := range map[string]string{
		"=1": "'=1", "+1": "'+1", "-1": "'-1", "@a": "'@a", " \t\n=1": " \t\n'=1", "a=1": "a=1", "": "", "1": "1",
		"\u3000=1": "\u3000'=1", "＝1": "'＝1", "a, =1": "a, =1", "a - b": "a - b",
		// Where the comma is the decimal sign, a line is split at semicolons instead.
		"a;=1": "a;'=1", "a; +1\n@b": "a; '+1\n'@b", "a\t-1": "a\t'-1",
	} {
		if got := csvCell(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// Without code spans nothing hostile is left, and no row of a table has more cells
// than its head.
func TestMarkdownHasNoMarkupFromOutside(t *testing.T) {
	text := written(t, hostileReport(t))["markdown"]
	cells := 0
	for row := range strings.Lines(text) {
		if bare := withoutCode(row); strings.ContainsAny(bare, "<@[") && !strings.HasPrefix(row, MarkdownHead) || strings.Contains(bare, "http") {
			t.Errorf("outside of code: %.200s", bare)
		}
		bars := strings.Count(strings.ReplaceAll(row, `\|`, ""), "|")
		if strings.HasPrefix(row, "| ---") {
			cells = bars
		} else if strings.HasPrefix(row, "| `") && bars != cells {
			t.Errorf("a row has %d bars, want %d: %.200s", bars, cells, row)
		}
	}
	for text, want := range map[string]string{
		"a": "`a`", "a|b": "`a\\|b`", "``": "``` `` ```", "a`b": "`` a`b ``", "": "", " \n": "`\\n`",
		`a\|b`: "`a\\x5c\\|b`", `a\\|b`: "`a\\\\x5c\\|b`", // not every host counts the backslashes before a bar
	} {
		if got := code(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// withoutCode takes the code spans out of a line, as Markdown finds them.
func withoutCode(row string) string {
	fence := regexp.MustCompile("`+")
	for at := 0; ; {
		open := fence.FindStringIndex(row[at:])
		if open == nil {
			return row
		}
		begin, ticks := at+open[0], open[1]-open[0]
		at = begin
		for _, shut := range fence.FindAllStringIndex(row[begin+ticks:], -1) {
			if shut[1]-shut[0] == ticks {
				row = row[:begin] + row[begin+ticks+shut[1]:]
				ticks = 0
				break
			}
		}
		at += ticks
	}
}

func TestEveryStatusHasItsItem(t *testing.T) {
	dir := t.TempDir()
	ok := picture(t, dir, "ok.png", 0)
	result := &task.Result{URLs: []string{"https://host/x"}}
	for want, r := range map[Status]state.Record{
		Succeeded: {Status: state.Succeeded, Result: result, Artifacts: []state.Artifact{ok}},
		NotOnDisk: {Status: state.Succeeded, Result: result},
		Rejected:  {Status: state.Succeeded, Result: result, Artifacts: []state.Artifact{ok}, Failure: &task.Failure{Reason: task.Rejected}},
		Failed:    {Status: state.Failed, Failure: &task.Failure{Reason: task.ContentPolicy, Code: "NSFW_DETECTED"}},
		InDoubt:   {Status: state.Submitting},
		Running:   {Status: state.Running},
		Waiting:   {Status: state.Pending},
	} {
		r.Address, r.Request = task.Address{Name: "one"}, request(t, "x")
		item := collect(t, sampleSource(&state.Contents{Records: []state.Record{r}}, dir, "")).Items[0]
		if item.Status != want {
			t.Errorf("%+v is %s, want %s", r, item.Status, want)
		}
		if wrong := want != Succeeded && want != Running && want != Waiting; wrong != (item.Trouble != nil) {
			t.Errorf("%s has the trouble %+v", want, item.Trouble)
		}
		if want == Failed && item.Trouble.Advice == "" {
			t.Error("a failure without advice")
		}
	}
}

// While a run holds the state, what is being submitted is no doubt.
func TestAReportDuringARunSaysSo(t *testing.T) {
	contents := &state.Contents{Records: []state.Record{{Address: task.Address{Name: "one"}, Status: state.Submitting, Request: request(t, "x")}}}
	src := sampleSource(contents, t.TempDir(), "")
	src.Running = true
	r := collect(t, src)
	if item := r.Items[0]; item.Status != Running || item.Trouble != nil {
		t.Errorf("the item is %+v", item)
	}
	for name, text := range written(t, r) {
		if name != "csv" && !strings.Contains(strings.ToLower(text), "a run is on") {
			t.Errorf("%s does not say that a run is on", name)
		}
	}
}

func TestTheScriptKnowsEveryStatus(t *testing.T) {
	for _, status := range Statuses {
		if !strings.Contains(pageScript, "'"+string(status)+"'") {
			t.Errorf("the script does not list %q", status)
		}
	}
}

func TestAxesAreNamedByTheConfigurationOrCounted(t *testing.T) {
	keys := func(texts ...string) (keys []task.Key) {
		for _, text := range texts {
			keys = append(keys, task.TextKey(text))
		}
		return keys
	}
	for _, c := range []struct {
		keys     []task.Key
		declared []string
		names    []string
		first    []string
	}{
		{keys("noir%2Fgrey/1", "ink/2"), []string{"style", "seed"}, []string{"style", "seed"}, []string{"noir/grey", "1"}},
		{keys("noir%2Fgrey/1", "ink/2"), nil, []string{"part 1 of the key", "part 2 of the key"}, []string{"noir%2Fgrey", "1"}},
		{keys("a%2Fb", "c"), []string{"style"}, []string{"style"}, []string{"a/b"}},
		{keys("a/b", "c"), nil, []string{"key"}, []string{"a/b"}},
		{keys("a/b/c"), []string{"style", "seed"}, []string{"part 1 of the key", "part 2 of the key", "part 3 of the key"}, []string{"a", "b", "c"}},
		{[]task.Key{task.IndexKey(3)}, nil, []string{"key"}, []string{"3"}},
		{[]task.Key{{}}, nil, nil, nil},
	} {
		a := axesOfKeys(c.keys, c.declared)
		if diff := cmp.Diff(c.names, a.names); diff != "" {
			t.Errorf("%v: names -want +got\n%s", c.keys, diff)
		}
		if diff := cmp.Diff(c.first, a.parts(c.keys[0])); diff != "" {
			t.Errorf("%v: parts -want +got\n%s", c.keys, diff)
		}
	}
}

func TestATimelineShowsWaitsAndWhatEachSubmitCameTo(t *testing.T) {
	at := func(s int) time.Time { return sampleBegin.Add(time.Duration(s) * time.Second) }
	one, two := task.Address{Name: "one"}, task.Address{Name: "two"}
	contents := &state.Contents{
		Records: []state.Record{
			{Address: one, Nonce: "c", Status: state.Succeeded, TaskID: "t", AcceptedAt: at(30), FinishedAt: at(40), Result: &task.Result{},
				Past: []state.Past{{Nonce: "b", Status: state.Failed, FinishedAt: at(20)}}},
			{Address: two, Nonce: "d", Status: state.Running, TaskID: "u", AcceptedAt: at(15)},
		},
		Spends: []state.Spend{
			{Nonce: "a", Address: one, Run: "r", Cost: 30_000, Priced: true, ReservedAt: at(0), ReleasedAt: at(2)},
			{Nonce: "b", Address: one, Run: "r", Cost: 30_000, Priced: true, ReservedAt: at(5), ChargedAt: at(6)},
			{Nonce: "d", Address: two, Run: "r", Cost: 50_000, Priced: true, ReservedAt: at(14), ChargedAt: at(15)},
			{Nonce: "c", Address: one, Run: "r", Cost: 30_000, Priced: true, ReservedAt: at(28), ChargedAt: at(30)},
		},
	}
	contents.Spends = append(contents.Spends, state.Spend{ // long after the run
		Nonce: "e", Address: two, Run: "r", Cost: 50_000, Priced: true, ReservedAt: at(3), ReleasedAt: at(9000), Settled: &state.Settlement{How: "not-charged"},
	})
	r := collect(t, sampleSource(contents, t.TempDir(), ""))
	if len(r.Runs) != 1 {
		t.Fatalf("%d runs, want 1", len(r.Runs))
	}
	run := r.Runs[0]
	if run.Submits != 5 || run.Refused != 1 || run.Succeeded != 1 || run.Failed != 1 || run.Unsettled != 1 || run.Spent != 110_000 || !run.Open || run.Took() != 40*time.Second {
		t.Errorf("the run is %+v", run)
	}
	var got []string
	for _, bar := range draw(&run, r.Made).Bars {
		got = append(got, bar.Class+" "+bar.X+" "+bar.Text)
	}
	want := []string{
		"wait 0 task.one: refused after 2s",
		"sent 1250 task.one: sent; accepted after 1s",
		"bad 1500 task.one: failed after 14s",
		"wait 500 task.one: waited 3s",
		"sent 7000 task.one: sent; accepted after 2s",
		"good 7500 task.one: succeeded after 10s",
		"wait 5000 task.one: waited 8s",
		"bad 750 task.two: in doubt, and settled as not charged, after 0s",
		"sent 3500 task.two: sent; accepted after 1s",
		"open 3750 task.two: has run for 29m45s",
		"wait 750 task.two: waited 11s",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("bars -want +got\n%s", diff)
	}
	chart := draw(&run, r.Made)
	if chart.Cost == nil || chart.Cost.Total != "$0.11" || chart.Ticks[0].Label != "0s" || len(chart.Ticks) < 4 {
		t.Errorf("the chart is %+v", chart)
	}
}

// Submits that are accepted together are one step of the curve, as high as all.
func TestTheCostCurveHasEveryCentWhereItWasSpent(t *testing.T) {
	contents := &state.Contents{}
	for i := range 40 {
		from := sampleBegin.Add(time.Duration(i/20) * 10 * time.Second).Add(time.Duration(i%20) * 100 * time.Microsecond)
		contents.Spends = append(contents.Spends, state.Spend{Nonce: fmt.Sprint(i), Run: "r", Address: task.Address{Name: "one", Key: task.IndexKey(i)},
			Cost: 50_000, Priced: true, ReservedAt: from, ChargedAt: from})
	}
	run := collect(t, sampleSource(contents, t.TempDir(), "")).Runs[0]
	const half, all = 96 * (1 - 0.92/2), 96 * (1 - 0.92)
	want := fmt.Sprintf("M0 96H0V%sH%sV%sH10000", num(half), num(chartWidth*10_000/10_001.9), num(all))
	if curve := draw(&run, sampleBegin).Cost; curve == nil || curve.Line != want || curve.Total != "$2.00" {
		t.Errorf("the curve is %+v, want %s", curve, want)
	}
}

func TestTicksAreRoundAndFew(t *testing.T) {
	for _, span := range []time.Duration{time.Second, 7 * time.Second, time.Minute, 59 * time.Minute, 26 * time.Hour, 900 * 24 * time.Hour} {
		all := ticks(span)
		if len(all) < 3 || len(all) > 10 {
			t.Errorf("%s has %d ticks: %v", span, len(all), all)
		}
	}
}

func TestInstancesAtTheSameTimeHaveALaneEach(t *testing.T) {
	contents := sampleState(t, t.TempDir(), 500)
	r := collect(t, sampleSource(contents, t.TempDir(), ""))
	parts, lanes := pack(r.Runs[0].tries, r.Made)
	type stretch struct{ from, to time.Time }
	byLane := make(map[int][]stretch)
	for _, p := range parts {
		byLane[p.lane] = append(byLane[p.lane], stretch{p.from, p.to})
	}
	for lane, all := range byLane {
		slices.SortFunc(all, func(a, b stretch) int { return a.from.Compare(b.from) })
		for i := 1; i < len(all); i++ {
			if all[i].from.Before(all[i-1].to) {
				t.Errorf("lane %d: %v begins before %v ends", lane, all[i], all[i-1])
			}
		}
	}
	if lanes != len(byLane) || lanes > 32+9+3 {
		t.Errorf("%d lanes, %d used", lanes, len(byLane))
	}
}

func TestWhatLanguagesAreWrittenWithIsShownAsItIs(t *testing.T) {
	for text, want := range map[string]string{
		"می\u200cخواهم": "می\u200cخواهم", "👩\u200d👧": "👩\u200d👧", "夜の\u3000港": "夜の\u3000港", "le port\u00a0!": "le port\u00a0!",
		"a\u202eb\u200fc\ufeffd\u2028e\u00adf": `a\u202eb\u200fc\ufeffd\u2028e\u00adf`,
	} {
		if got := line(text); got != want {
			t.Errorf("%+q is shown as %+q, want %+q", text, got, want)
		}
	}
}

// A report keeps the longest prompt that a model takes, and no more of other texts
// than people read.
func TestAPromptIsShownWhole(t *testing.T) {
	long := strings.Repeat("harbour ", 2499) + "the end."
	r := state.Record{Address: task.Address{Name: "one"}, Request: request(t, long), Status: state.Failed,
		Failure: &task.Failure{Reason: task.Unclassified, Message: long}}
	item := collect(t, sampleSource(&state.Contents{Records: []state.Record{r}}, t.TempDir(), "")).Items[0]
	if item.Prompt != long {
		t.Errorf("a prompt of %d characters is shown as %d, ending in %q", len(long), len(item.Prompt), item.Prompt[len(item.Prompt)-40:])
	}
	if n := len(item.Trouble.Message); n > 4100 {
		t.Errorf("a message of %d characters is shown as %d", len(long), n)
	}
}

// What is looked for task by task, or lane by lane, would not end with a hundred
// thousand of them.
func TestAHundredThousandTasksThatAllRunAreDrawnAndListed(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	contents := &state.Contents{}
	for i := range 100_000 {
		a, at := task.Address{Name: fmt.Sprintf("t%d", i)}, sampleBegin.Add(time.Duration(i)*time.Millisecond)
		contents.Records = append(contents.Records, state.Record{Address: a, Request: task.Request{Model: "m", Input: json.RawMessage(`{}`)},
			Nonce: fmt.Sprint(i), Status: state.Running, TaskID: "t", AcceptedAt: at})
		contents.Spends = append(contents.Spends, state.Spend{Nonce: fmt.Sprint(i), Address: a, Run: "r", Cost: 1, Priced: true, ReservedAt: at, ChargedAt: at})
	}
	src := sampleSource(contents, t.TempDir(), "")
	src.Axes = func(string) []string { return nil }
	r := collect(t, src)
	if parts, lanes := pack(r.Runs[0].tries, r.Made); lanes != maxLanes || len(parts) != 2*len(contents.Records) {
		t.Errorf("%d parts are on %d lanes", len(parts), lanes)
	}
	var b bytes.Buffer
	if err := WriteMarkdown(&b, r); err != nil || !strings.Contains(b.String(), "| `task.t10000` | 1 | 0 | 0 | 1 | $0.00 |") || b.Len() > 200_000 {
		t.Errorf("%v, and %d bytes: %.300s", err, b.Len(), b.String())
	}
}

func FuzzVisible(f *testing.F) {
	for _, text := range hostile {
		f.Add(text[:min(len(text), 5000)])
	}
	f.Fuzz(func(t *testing.T, text string) {
		shown := visible(text)
		if strings.ContainsAny(shown, "\x00\x07\x1b\u202e\u2066\u2028\x7f\r") || utf8.RuneCountInString(shown) > 10*maxText {
			t.Errorf("%.100q is shown as %.100q", text, shown)
		}
		if code := code(text); strings.Contains(code, "\n") {
			t.Errorf("%.100q has lines", code)
		}
	})
}

// BenchmarkReport measures a report of 5,000 results, with its files read, in each
// form.
func BenchmarkReport(b *testing.B) {
	dir := b.TempDir()
	src := sampleSource(sampleState(b, dir, 5000), dir, filepath.Join(dir, "report"))
	b.Run("collect", func(b *testing.B) {
		for b.Loop() {
			collect(b, src)
		}
	})
	r := collect(b, src)
	for name, write := range map[string]func(io.Writer, *Report) error{"html": WriteHTML, "csv": WriteCSV, "markdown": WriteMarkdown} {
		b.Run(name, func(b *testing.B) {
			var out bytes.Buffer
			for b.Loop() {
				out.Reset()
				if err := write(&out, r); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(out.Len()), "bytes")
		})
	}
}
