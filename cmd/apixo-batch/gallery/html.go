package gallery

import (
	"crypto/sha256"
	_ "embed" // of the page's parts
	"encoding/base64"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"
)

var (
	//go:embed page.html
	pageText string
	//go:embed page.css
	pageStyle string
	//go:embed page.js
	pageScript string
)

// Generator is how a page says what made it: it stands in its head, and whoever
// would replace a page looks for it there.
const Generator = `<meta name="generator" content="apixo-batch report">`

// headBytes is where in a page Generator stands.
const headBytes = 512

// IsPage reports whether a file is a page of this package, by its first bytes.
func IsPage(head []byte) bool {
	return strings.Contains(string(head[:min(len(head), headBytes)]), Generator)
}

// page is what the template shows.
type page struct {
	*Report
	Generator      template.HTML
	Policy         string
	Style          template.CSS
	Script         template.JS
	Counts         []countOf
	Money          string
	Charts         []Chart
	NewestFirst    []Run
	Undrawn        int
	CostHeight     int
	ChartWidth     int
	Data           data
	MadeAt, Reason string
}

// data is what the script works with.
type data struct {
	Tasks []Task `json:"tasks"`
	Items []Item `json:"items"`
}

type countOf struct {
	Status Status
	N      string
}

// WriteHTML writes the page.
func WriteHTML(w io.Writer, r *Report) error {
	p := page{
		Report: r, Generator: Generator, Style: template.CSS(pageStyle), Script: template.JS(pageScript),
		Policy: "default-src 'none'; base-uri 'none'; form-action 'none'; img-src 'self' file:; media-src 'self' file:; " +
			"style-src '" + digest(pageStyle) + "'; script-src '" + digest(pageScript) + "'",
		Data:   data{r.Tasks, r.Items},
		MadeAt: utc(r.Made), CostHeight: costHeight, ChartWidth: chartWidth, Money: r.Committed.String(),
	}
	if len(r.Items) == 0 { // the script needs lists
		p.Data = data{[]Task{}, []Item{}}
	}
	counts := r.Counts()
	for _, status := range Statuses {
		if n := counts[status]; n > 0 {
			p.Counts = append(p.Counts, countOf{status, grouped(n)})
		}
	}
	p.NewestFirst = slices.Clone(r.Runs)
	slices.Reverse(p.NewestFirst)
	for i := range p.NewestFirst {
		if run := &p.NewestFirst[i]; len(p.Charts) < maxCharts && (run.Open || run.Took() >= minChart) {
			p.Charts = append(p.Charts, draw(run, r.Made))
		}
	}
	p.Undrawn = len(r.Runs) - len(p.Charts)
	t, err := template.New("page").Funcs(template.FuncMap{"utc": utc, "took": took, "grouped": grouped, "class": classOf, "count": count}).Parse(pageText)
	if err != nil {
		return err
	}
	return t.Execute(w, p)
}

// digest is how a Content-Security-Policy names a script or a style sheet.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

func utc(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// classOf is a status as a class of the style sheet.
func classOf(s Status) string { return strings.ReplaceAll(string(s), " ", "-") }
