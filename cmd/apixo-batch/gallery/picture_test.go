package gallery

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

const (
	pictureWidth  = 1200
	pictureHeight = 750
	pictureFile   = "testdata/gallery.png"
)

// TestPictureOfTheGallery makes the README's picture: it runs an example with the
// simulator, as a user does, and looks at the report. With UPDATE_PICTURES=1 the
// picture is kept.
func TestPictureOfTheGallery(t *testing.T) {
	ctx := startBrowser(t)
	v := visit(t, ctx, reportOfExample(t, "04-matrix"))
	v.do(chromedp.EmulateViewport(pictureWidth, pictureHeight))
	v.emulates("", "light")
	v.sees(`document.images.length === 11 && [...document.images].every(i => i.complete && i.naturalWidth > 0)`)
	v.do(chromedp.Evaluate[chromedp.Void](decoded, chromedp.EvalAwaitPromise))
	made, err := chromedp.Run(v.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	checkPicture(t, made)
	if os.Getenv("UPDATE_PICTURES") != "" {
		if err := os.WriteFile(pictureFile, made, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(pictureFile)
	if err != nil {
		t.Fatal(err)
	}
	checkPicture(t, kept)
}

// decoded waits until all pictures are drawn: decoding goes on after loading.
const decoded = `Promise.all([...document.images].map(i => { i.decoding = "sync"; return i.decode() }))
	.then(() => new Promise(r => requestAnimationFrame(() => requestAnimationFrame(() => r(null)))))`

// reportOfExample applies a copy of an example, and gives the path of its page.
func reportOfExample(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("../../../examples", name))); err != nil {
		t.Fatal(err)
	}
	return reportOf(t, dir)
}

// reportOf applies what is in a directory, and gives the path of its page.
func reportOf(t *testing.T, dir string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "apixo-batch.exe")
	execute(t, "..", "go", "build", "-o", program, ".")
	execute(t, dir, program, "apply", "-simulate", "-auto-approve")
	execute(t, dir, program, "report", "-simulate", "-html=report")
	return filepath.Join(dir, "report", "index.html")
}

func execute(t *testing.T, dir, program string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "APIXO_API_KEY=", "XDG_STATE_HOME="+t.TempDir())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, out)
	}
}

// checkPicture looks for a PNG of the right size that shows something and loads fast.
func checkPicture(t *testing.T, content []byte) {
	t.Helper()
	picture, err := png.Decode(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	if got := picture.Bounds().Size(); got != image.Pt(pictureWidth, pictureHeight) || len(content) > 200_000 {
		t.Errorf("the picture has %v and %d bytes", got, len(content))
	}
	colours := make(map[color.Color]bool)
	for y := 0; y < pictureHeight; y += 5 {
		for x := 0; x < pictureWidth; x += 5 {
			colours[picture.At(x, y)] = true
		}
	}
	if len(colours) < 20 {
		t.Errorf("the picture has %d colours: it shows nothing", len(colours))
	}
}
