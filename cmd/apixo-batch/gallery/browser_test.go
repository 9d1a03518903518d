package gallery

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// TestTheGalleryInABrowser uses the page as people do: it clicks, types and presses
// keys. It is skipped where no Chromium is installed.
func TestTheGalleryInABrowser(t *testing.T) {
	ctx := startBrowser(t)
	for _, n := range []int{1, 500, 5000} {
		t.Run(fmt.Sprintf("%d results", n), func(t *testing.T) {
			dir := t.TempDir()
			contents := sampleState(t, dir, n)
			addHostile(t, dir, contents)
			src := sampleSource(contents, dir, dir+"/report #1")
			report, err := Collect(src)
			if err != nil {
				t.Fatal(err)
			}
			v := visit(t, ctx, writePage(t, src))
			v.filters(report)
			v.pages(report)
			v.hostileIsText()
			v.detail(report)
			v.keyboard(report)
			v.compare(n == 1)
			v.timeline()
			v.lightAndDark()
			v.onPaper()
			v.allOnPaper(report)
			v.onAPhone()
			v.policyHolds()
		})
	}
}

func startBrowser(t *testing.T) context.Context {
	t.Helper()
	browser := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
			break
		}
	}
	if browser == "" {
		t.Skip("no chromium is installed: nobody clicked through the page")
	}
	if testing.Short() {
		t.Skip("a browser takes long")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browser), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.UserDataDir(t.TempDir()))
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return ctx
}

// visitor is somebody who looks at the page.
type visitor struct {
	t    *testing.T
	ctx  context.Context
	path string

	mu       sync.Mutex
	requests []string
	errors   []string
}

func visit(t *testing.T, ctx context.Context, path string) *visitor {
	t.Helper()
	ctx, cancel := chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	v := &visitor{t: t, ctx: ctx, path: path}
	if err := chromedp.Listen(ctx, v.heard); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	v.do(chromedp.EmulateViewport(1280, 900), chromedp.Navigate("file://"+relativeURL(path)[1:]))
	return v
}

func (v *visitor) heard(event any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		v.requests = append(v.requests, e.Request.URL)
	case *runtime.EventExceptionThrown:
		v.errors = append(v.errors, fmt.Sprint(e.ExceptionDetails))
	}
}

func (v *visitor) do(steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	if err := chromedp.Do(v.ctx, steps...); err != nil {
		v.t.Fatal(err)
	}
}

func (v *visitor) click(selector string) {
	v.t.Helper()
	v.do(chromedp.Click(chromedp.CSS(selector)))
}

// asks evaluates a script.
func asks[T any](v *visitor, script string) T {
	v.t.Helper()
	answer, err := chromedp.Run(v.ctx, chromedp.Evaluate[T](script))
	if err != nil {
		v.t.Fatalf("%s: %v", script, err)
	}
	return answer
}

// sees waits until a script gives true.
func (v *visitor) sees(script string) {
	v.t.Helper()
	if _, err := chromedp.Run(v.ctx, chromedp.Poll[bool](script, chromedp.WithPollingTimeout(20*time.Second))); err != nil {
		v.t.Fatalf("%s: %v; the page says %q, and is %s", script, err, asks[string](v, `found.textContent`), asks[string](v, `location.hash`))
	}
}

func (v *visitor) seesCount(n, all int) {
	v.t.Helper()
	want := count(n, "result")
	if n != all {
		want += " of " + grouped(all)
	}
	v.sees(fmt.Sprintf(`(found.textContent + ",").startsWith(%q + ",")`, want))
}

// filters chooses by status, text and task, and finds the choice again after a reload.
func (v *visitor) filters(r *Report) {
	v.t.Helper()
	all := len(r.Items)
	v.seesCount(all, all)
	matching := func(keep func(*Item) bool) (n int) {
		for i := range r.Items {
			if keep(&r.Items[i]) {
				n++
			}
		}
		return n
	}
	v.click(`[data-state="succeeded"]`)
	v.seesCount(matching(func(i *Item) bool { return i.Status == Succeeded }), all)
	v.do(chromedp.KeyEvent("/"))
	v.sees(`document.activeElement === q`)
	v.do(chromedp.Evaluate[chromedp.Void](`q.value = ""`), chromedp.KeyEvent("noir Number")) // a simulated key is typed in spite of preventDefault
	v.sees(`location.hash.includes("q=noir+Number")`)
	noir := matching(func(i *Item) bool { return i.Status == Succeeded && strings.Contains(i.Prompt, "noir") })
	v.seesCount(noir, all)
	v.do(chromedp.Reload())
	v.seesCount(noir, all)
	if got := asks[string](v, `q.value + "|" + document.querySelector("[aria-pressed=true][data-state]").dataset.state`); got != "noir Number|succeeded" {
		v.t.Errorf("after a reload %q is chosen", got)
	}
	v.do(chromedp.Evaluate[chromedp.Void](`task.value = "hostile"; task.dispatchEvent(new Event("change"))`))
	v.seesCount(0, all)
	v.sees(`results.textContent.includes("Nothing matches")`)
	v.do(chromedp.Evaluate[chromedp.Void](`location.hash = ""`))
	v.seesCount(all, all)
}

// pages turns the pages: what is in the document is bounded.
func (v *visitor) pages(r *Report) {
	v.t.Helper()
	pages := (len(r.Items) + 59) / 60
	if pages == 1 {
		v.sees(`pager.hidden`)
		return
	}
	v.sees(fmt.Sprintf(`pages.textContent === "Page 1 of %d" && previous.disabled`, pages))
	v.do(chromedp.Evaluate[chromedp.Void](`document.activeElement.blur()`), chromedp.KeyEvent("n"))
	v.sees(fmt.Sprintf(`pages.textContent === "Page 2 of %d" && document.querySelectorAll(".tile").length <= 60`, pages))
	if got, want := asks[string](v, `document.querySelector(".name").title`), r.Items[60].Address; got != want {
		v.t.Errorf("page 2 begins with %s, want %s", got, want)
	}
	v.do(chromedp.Evaluate[chromedp.Void](`location.hash = ""`))
	v.sees(`previous.disabled`)
}

// detail opens the first result with the keyboard, goes on to the next, and closes it.
func (v *visitor) detail(r *Report) {
	v.t.Helper()
	v.do(chromedp.Evaluate[chromedp.Void](`document.querySelector(".name").focus()`), chromedp.KeyEvent(kb.Enter))
	v.sees(fmt.Sprintf(`detail.open && document.querySelector("#detail-name").textContent === %q`, r.Items[0].Address))
	v.do(chromedp.KeyEvent(kb.ArrowRight))
	v.sees(fmt.Sprintf(`document.querySelector("#detail-name").textContent === %q && location.hash.includes("open=")`, r.Items[1].Address))
	v.do(chromedp.KeyEvent(kb.Escape))
	v.sees(`!detail.open && !location.hash.includes("open=")`)
	v.sees(fmt.Sprintf(`document.activeElement.title === %q`, r.Items[1].Address))
}

// inSight says that the tile with the focus is seen whole, below the search.
const inSight = `(r => r.top >= bar.getBoundingClientRect().bottom && r.bottom <= innerHeight)(document.activeElement.closest(".tile").getBoundingClientRect())`

// keyboard goes from tile to tile, from page to page and from result to result, and
// always sees where it is.
func (v *visitor) keyboard(r *Report) {
	v.t.Helper()
	v.do(chromedp.Evaluate[chromedp.Void](`document.activeElement.blur()`), chromedp.KeyEvent(kb.ArrowRight))
	v.sees(fmt.Sprintf(`document.activeElement.title === %q`, r.Items[0].Address))
	v.sees(`getComputedStyle(document.activeElement.closest(".tile")).outlineStyle === "solid"`)
	v.do(chromedp.KeyEvent(kb.ArrowRight))
	v.sees(fmt.Sprintf(`document.activeElement.title === %q`, r.Items[1].Address))
	v.do(chromedp.KeyEvent(kb.ArrowDown))
	v.sees(inSight)
	v.do(chromedp.KeyEvent(kb.ArrowUp))
	v.sees(fmt.Sprintf(`document.activeElement.title === %q`, r.Items[1].Address))
	v.sees(inSight)
	if len(r.Items) > 60 {
		v.do(chromedp.KeyEvent("n"))
		v.sees(fmt.Sprintf(`document.activeElement.title === %q`, r.Items[60].Address))
		v.do(chromedp.KeyEvent("p"))
		v.sees(fmt.Sprintf(`document.activeElement.title === %q`, r.Items[0].Address))
	}
	v.do(chromedp.Evaluate[chromedp.Void](`document.querySelector(".name").click(); [...document.querySelectorAll("#detail button")][1].focus()`))
	for n := 1; n < 3; n++ { // the button keeps the focus
		v.do(chromedp.KeyEvent(kb.Enter))
		v.sees(fmt.Sprintf(`document.querySelector("#detail-name").textContent === %q && document.activeElement.textContent === "Next"`, r.Items[n].Address))
	}
	v.do(chromedp.KeyEvent(kb.Escape))
	v.sees(`!detail.open`)
}

// TestWhatABrowserCannotOpenIsSaid has files that begin as pictures and films do, and
// one that goes away after the page was written.
func TestWhatABrowserCannotOpenIsSaid(t *testing.T) {
	ctx := startBrowser(t)
	dir := t.TempDir()
	contents := sampleState(t, dir, 2)
	for name, content := range map[string]string{"broken.png": "\x89PNG\r\n\x1a\nand no more", "broken.mp4": "\x00\x00\x00\x20ftypisom\x00\x00\x02\x00"} {
		contents.Records = append(contents.Records, state.Record{
			Address: task.Address{Name: "grid", Key: task.TextKey(name + "/x/1")}, Request: request(t, name), Status: state.Succeeded, TaskID: name,
			Result: &task.Result{URLs: []string{"https://host/x"}}, Artifacts: []state.Artifact{{Path: name, Bytes: int64(len(content))}},
		})
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	path := writePage(t, sampleSource(contents, dir, filepath.Join(dir, "report")))
	if err := os.Remove(filepath.Join(dir, contents.Records[0].Artifacts[0].Path)); err != nil {
		t.Fatal(err)
	}
	v := visit(t, ctx, path)
	v.sees(`document.querySelectorAll(".tile img").length === 1 && document.querySelector("video") === null`)
	for _, name := range []string{"broken.png", "broken.mp4", "0000.png"} {
		v.sees(fmt.Sprintf(`[...document.querySelectorAll(".frame .why")].some(e => e.textContent.includes("cannot be opened") && e.textContent.includes(%q))`, name))
	}
	v.do(chromedp.Evaluate[chromedp.Void](`location.hash = "open=" + encodeURIComponent(document.querySelector('[title*="broken.png"]').title)`))
	v.sees(`document.querySelector("#detail .media").textContent.includes("cannot be opened")`)
}

// A link to a page cannot break it, whatever stands in it.
func TestAnyFragmentShowsThePage(t *testing.T) {
	ctx := startBrowser(t)
	dir := t.TempDir()
	v := visit(t, ctx, writePage(t, sampleSource(sampleState(t, dir, 3), dir, filepath.Join(dir, "report"))))
	for _, fragment := range []string{"sort=__proto__", "sort=constructor", "view=x&task=__proto__&state=y&page=-1&by=z", "page=1e9", "open=__proto__", "%", "q=%ff%"} {
		v.do(chromedp.Evaluate[chromedp.Void](`results.replaceChildren(); location.hash = ` + fmt.Sprintf("%q", fragment)))
		v.sees(`results.childElementCount > 0`)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.errors) > 0 {
		t.Errorf("the page's script failed: %s", v.errors)
	}
}

func TestAPageOfNothingSaysSo(t *testing.T) {
	ctx := startBrowser(t)
	dir := t.TempDir()
	v := visit(t, ctx, writePage(t, sampleSource(&state.Contents{}, dir, filepath.Join(dir, "report"))))
	v.sees(`!tabs.hidden && results.textContent === "No results yet."`)
	v.click(`[data-view="compare"]`)
	v.sees(`compare.textContent === "No results yet."`)
	v.click(`[data-view="timeline"]`)
	v.sees(`timeline.textContent.includes("Nothing was submitted yet.")`)
}

func TestAnOnlyTaskIsComparedByItsAxesAtOnce(t *testing.T) {
	ctx := startBrowser(t)
	dir := t.TempDir()
	v := visit(t, ctx, writePage(t, sampleSource(sampleState(t, dir, 9), dir, filepath.Join(dir, "report"))))
	v.click(`[data-view="compare"]`)
	v.sees(`by.value === "style" && document.querySelector(".compare thead").textContent === "inknoiroilwatercolour" && task.options.length === 1`)
	v.sees(`location.hash === "#view=compare"`)
}

// compare puts the values of one axis side by side, and then those of another.
func (v *visitor) compare(alone bool) {
	v.t.Helper()
	column, otherColumn, row := "ink", "high", "styleink"
	if alone {
		column, otherColumn, row = "noir", "low", "stylenoir"
	}
	v.click(`[data-view="compare"]`)
	v.do(chromedp.Evaluate[chromedp.Void](`task.value = "grid"; task.dispatchEvent(new Event("change"))`))
	v.sees(fmt.Sprintf(`document.querySelector(".compare thead").textContent.startsWith(%q) && by.value === "style"`, column))
	v.do(chromedp.Evaluate[chromedp.Void](`by.value = "angle"; by.dispatchEvent(new Event("change"))`))
	v.sees(fmt.Sprintf(`document.querySelector(".compare thead").textContent.startsWith(%q) && document.querySelector(".compare tbody th").textContent.startsWith(%q)`,
		otherColumn, row))
}

func (v *visitor) timeline() {
	v.t.Helper()
	v.click(`[data-view="timeline"]`)
	v.sees(`timeline.getBoundingClientRect().height > 200 && document.querySelectorAll(".lanes rect, .lanes path").length > 0 && bar.hidden`)
}

// allOnPaper prints: what is found is on paper, whatever page is looked at, or as much
// of it as is sensible and a note; and afterwards everything is as before.
func (v *visitor) allOnPaper(r *Report) {
	v.do(chromedp.Evaluate[chromedp.Void](`location.hash = "page=2"; onbeforeprint = () => {
		const images = [...document.querySelectorAll("#results img")];
		document.title = [document.querySelectorAll("#results .tile").length, images.filter(e => e.loading === "lazy").length, cut.textContent].join("|");
	}`))
	v.sees(`location.hash === "#page=2" && (pages.textContent.startsWith("Page 2 ") || pager.hidden)`)
	before := asks[string](v, `found.textContent + pages.textContent + results.innerText`)
	v.do(chromedp.Evaluate[chromedp.Void](`dispatchEvent(new Event("beforeprint"))`))
	found := len(r.Items)
	tiles, note := min(found, 600), ""
	if found > 600 {
		note = fmt.Sprintf("On paper are the first 600 of %s. Choose fewer by task, status or search, and print those.", grouped(found))
	}
	if got, want := asks[string](v, `document.title`), fmt.Sprintf("%d|0|%s", tiles, note); got != want {
		v.t.Errorf("on paper: %q, want %q", got, want)
	}
	v.do(chromedp.Evaluate[chromedp.Void](`dispatchEvent(new Event("afterprint"))`))
	if after := asks[string](v, `found.textContent + pages.textContent + results.innerText`); after != before || asks[string](v, `cut.textContent`) != "" {
		v.t.Error("after a print another page is shown")
	}
	v.printedByKeyboard()
	v.do(chromedp.Evaluate[chromedp.Void](`location.hash = ""`))
}

// printedByKeyboard prints by the keyboard: the pictures are waited for, which is said
// meanwhile on the screen and not on paper; another press does not print twice.
func (v *visitor) printedByKeyboard() {
	v.t.Helper()
	v.emulates("", "light")
	const press = `dispatchEvent(new KeyboardEvent("keydown", {key: "p", ctrlKey: true, bubbles: true}));`
	v.do(chromedp.Evaluate[chromedp.Void](`onbeforeprint = null; prints = 0; window.print = () => {
		document.title = "printed|" + ++prints + "|" + [...document.images].filter(e => !e.complete).length;
		dispatchEvent(new Event("afterprint"));
	};
	loaded = new Promise(done => finish = done);
	decode = HTMLImageElement.prototype.decode;
	HTMLImageElement.prototype.decode = function() { return loaded.then(() => decode.call(this)); };` + press + press))
	const saysSo = `loading.textContent === "Loading the pictures to print …" && loading.getClientRects().length === 1`
	if !asks[bool](v, saysSo+` && prints === 0`) {
		v.t.Error("nobody says that the pictures are waited for")
	}
	v.emulates("print", "light")
	if asks[bool](v, saysSo) {
		v.t.Error("on paper it says that pictures are waited for")
	}
	v.emulates("", "light")
	v.do(chromedp.Evaluate[chromedp.Void](`HTMLImageElement.prototype.decode = decode; finish()`))
	v.sees(`document.title.startsWith("printed|")`)
	v.sees(`loading.getClientRects().length === 0`)
	if got := asks[string](v, `document.title`); got != "printed|1|0" {
		v.t.Errorf("printed by the keyboard: %q, want once, with all pictures loaded", got)
	}
}

// onPaper looks at what a print shows to somebody who prefers the dark: no controls,
// dark text on white, and every column.
func (v *visitor) onPaper() {
	v.t.Helper()
	v.emulates("print", "dark")
	v.do(chromedp.Evaluate[chromedp.Void](`location.hash = "view=compare&task=grid"`), chromedp.EmulateViewport(720, 1000))
	v.sees(`document.querySelector(".compare") !== null && document.documentElement.scrollWidth <= innerWidth`)
	for _, script := range []string{
		`getComputedStyle(document.body).backgroundColor === "rgb(255, 255, 255)"`,
		`getComputedStyle(document.documentElement).getPropertyValue("--bad") === "#bb3a2e"`,
		`["tabs", "bar", "next"].every(id => document.getElementById(id).offsetParent === null)`,
	} {
		if !asks[bool](v, script) {
			v.t.Errorf("on paper it is not true: %s", script)
		}
	}
}

// onAPhone looks for what is wider than the screen.
func (v *visitor) onAPhone() {
	v.t.Helper()
	v.emulates("", "light")
	v.do(chromedp.EmulateViewport(360, 800))
	for _, view := range []string{"results", "compare", "timeline"} {
		v.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`location.hash = "view=%s"`, view)))
		v.sees(fmt.Sprintf(`document.querySelector("[data-view=%s][aria-pressed=true]") !== null && document.documentElement.scrollWidth <= innerWidth`, view))
	}
	v.do(chromedp.Evaluate[chromedp.Void](`location.hash = ""; document.querySelector("[data-view=results]").click(); document.querySelector(".name").click()`))
	v.sees(`detail.open && document.querySelector("#detail-name").getBoundingClientRect().width > 250 && detail.scrollWidth <= detail.clientWidth`)
	v.do(chromedp.KeyEvent(kb.Escape), chromedp.EmulateViewport(1280, 900))
}

// hostileIsText looks at what tries to be more than text.
func (v *visitor) hostileIsText() {
	v.t.Helper()
	v.do(chromedp.Evaluate[chromedp.Void](`location.hash = "task=hostile"`))
	v.sees(fmt.Sprintf(`document.querySelectorAll(".tile").length === %d`, len(hostile)))
	v.sees(`[...document.querySelectorAll(".tile img")].some(i => i.naturalWidth > 0)`) // in spite of its name
	for _, script := range []string{
		`window.pwned === undefined`,
		`document.scripts.length === 2`,
		`document.querySelector("[onerror], [onload], [onclick], iframe, object, a") === null`,
		`[...document.querySelectorAll("*")].every(e => !/[\u202a-\u202e\u2066-\u2069\u2028\u2029\u0007]/.test(e.tagName === "SCRIPT" ? "" : e.textContent))`,
		`document.documentElement.scrollWidth <= innerWidth`,
	} {
		if !asks[bool](v, script) {
			v.t.Errorf("not true: %s", script)
		}
	}
	v.do(chromedp.Evaluate[chromedp.Void](`location.hash = ""`))
	v.sees(`document.querySelector(".name").title.startsWith("task.grid")`)
}

// policyHolds tries what the Content-Security-Policy forbids, after it looked at what
// the page asked for by itself.
func (v *visitor) policyHolds() {
	v.t.Helper()
	v.mu.Lock()
	for _, request := range v.requests {
		if !strings.HasPrefix(request, "file:///") {
			v.t.Errorf("the page asks for %s", request)
		}
	}
	if !strings.Contains(strings.Join(v.requests, "\n"), ".png") {
		v.t.Errorf("nobody saw the page ask for a picture: %q", v.requests)
	}
	for _, err := range v.errors {
		v.t.Errorf("the page's script failed: %s", err)
	}
	v.mu.Unlock()
	v.do(chromedp.Evaluate[chromedp.Void](`const s = document.createElement("script"); s.textContent = "window.pwned = 1"; document.body.append(s)`))
	if asks[bool](v, `window.pwned !== undefined`) {
		v.t.Error("a script that is not the page's own runs")
	}
	blocked, err := chromedp.Run(v.ctx, chromedp.Evaluate[bool](`fetch("http://127.0.0.1:1/").then(() => false, e => true)`, chromedp.EvalAwaitPromise))
	if err != nil || !blocked {
		v.t.Errorf("the page can connect: %v, %v", blocked, err)
	}
}

// hostile are texts that try to be markup, script or more than they seem.
var hostile = []string{
	`</script><script>window.pwned = 1</script>`,
	`<img src=x onerror="window.pwned = 1">`,
	`"><svg/onload=window.pwned=1>`,
	"<!--<script>window.pwned=1//-->",
	"]]>{{.}}`${window.pwned=1}`",
	"\u202egnp.exe \u2066isolated\u2069 \u2028 \u2029 \x07\x1b[31mred",
	"javascript:window.pwned=1",
	strings.Repeat("long ", 200_000),
	strings.Repeat("unbroken", 1000),
	"=HYPERLINK(\"http://127.0.0.1:1/\",\"x\")",
}

// addHostile adds instances whose every text is hostile, and a file with a hostile
// name.
func addHostile(t testing.TB, dir string, c *state.Contents) {
	t.Helper()
	for i, text := range hostile {
		key := text[:min(len(text), 300)]
		r := state.Record{
			Address: task.Address{Name: "hostile", Key: task.TextKey(key)}, Request: request(t, text), Nonce: fmt.Sprintf("hostile-%d", i),
			Status: state.Failed, TaskID: text[:min(len(text), 300)], SubmittedAt: sampleBegin, AcceptedAt: sampleBegin, FinishedAt: sampleBegin.Add(time.Second),
			Failure: &task.Failure{Reason: task.Unclassified, Code: text[:min(len(text), 300)], Message: text},
		}
		if i == 1 {
			r.Status, r.Failure = state.Succeeded, nil
			r.Result = &task.Result{URLs: []string{text}, ReceivedAt: sampleBegin}
			r.Artifacts = []state.Artifact{picture(t, dir, `out/a#b?c %41 "'<img src=x onerror=window.pwned=1>`+"\u202e\n.png", i)}
		}
		c.Records = append(c.Records, r)
		c.Spends = append(c.Spends, state.Spend{Nonce: r.Nonce, Address: r.Address, Model: text, Run: key, Cost: 1, ReservedAt: sampleBegin, ChargedAt: sampleBegin})
	}
}

// emulates sets what the page is told of its medium, "" for a screen, and of the
// reader's taste.
func (v *visitor) emulates(medium, scheme string) {
	v.t.Helper()
	features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}
	if _, err := chromedp.Call(v.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: medium, Features: features}); err != nil {
		v.t.Fatal(err)
	}
}

// lightAndDark looks at the page's ground in both.
func (v *visitor) lightAndDark() {
	v.t.Helper()
	ground := make(map[string]string)
	for _, scheme := range []string{"light", "dark"} {
		v.emulates("", scheme)
		ground[scheme] = asks[string](v, `getComputedStyle(document.body).backgroundColor`)
	}
	if ground["light"] == ground["dark"] {
		v.t.Errorf("light and dark are both %s", ground["light"])
	}
}
