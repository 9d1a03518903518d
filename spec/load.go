package spec

import (
	"cmp"
	"encoding/json"
	"io"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"apixo-batch/spec/catalog"
	"apixo-batch/spec/task"
)

// LoadOptions are what a configuration is loaded with besides its files.
type LoadOptions struct {
	Vars []VarAssignment // in the order of the command line; later ones win
	// Environ holds the values of APIXO_VAR_name by name. Names that are not
	// declared are ignored, since one environment serves many configurations.
	Environ map[string]string
	// Fixed are values as VariableValues gave them before. If it is not nil,
	// Vars and Environ may set sensitive variables only.
	Fixed map[string]json.RawMessage
	// Ask gives the text for a variable that nothing sets, as -var would, or an
	// error if there is no answer. If it is nil, such a variable is an error.
	Ask func(Question) (text string, err error)
	// AllowPaths are directories besides the configuration's own that file() and
	// its kin may read from, as seen from the working directory.
	AllowPaths []string
	// Stdin is what a path of "-" stands for, in native or JSON syntax.
	Stdin   io.Reader
	Catalog *catalog.Catalog // nil for the embedded one
}

// VarAssignment is one -var NAME=VALUE, or one -var-file PATH.
type VarAssignment struct {
	Name, Value string
	File        string // set for a -var-file; Name and Value are not used then
}

// defaultMaxInstances bounds the instances of a configuration, unless its batch
// block has max_instances.
const defaultMaxInstances = 250_000

// mostInstances bounds max_instances.
const mostInstances = 10_000_000

// configuration is what the files say and what their expressions are evaluated
// with. It does not change after Load.
type configuration struct {
	dir     string
	catalog *catalog.Catalog
	stdin   io.Reader
	files   *fileReader
	sources map[string]*hcl.File
	digests map[string]string

	batch, apixo *block // nil if there is none
	defaults     *block
	models       []*modelBlock
	errors       []*errorBlock
	variables    map[string]*variable
	locals       map[string]*local
	tasks        []*taskBlock // by file order; dependencies first once sorted
	outputs      []*outputBlock

	modelByID  map[string]*modelBlock
	taskByName map[string]*taskBlock
	apart      map[*local]*apart // the elements of locals that are used one by one

	batchSettings settings // of the batch and apixo blocks
	defaulted     defaults // of the defaults block
	history       []*historyBlock

	functions map[string]function.Function
	vars      cty.Value // the object var

	unread   bool // a part of the files could not be told apart
	misnamed bool // there are blocks of unknown types, which may be others misspelt
	partly   bool // after an error: what is missing may be so because of it
	checked  bool // checkTasks has run

	maxInstances int
	root         *hcl.EvalContext
	edges        int // so far, to bound them
}

// Load reads a configuration: a file, all *.hcl and *.hcl.json files of a
// directory but *.vars.hcl and those that begin with a dot, or, for "-", the
// standard input, whose directory is the current one. What it returns is complete if
// the diagnostics hold no error; otherwise only Sources is of use, to show the
// places of the errors.
func Load(path string, opts LoadOptions) (*Spec, hcl.Diagnostics) {
	dir, files, diags := configFiles(path)
	c := newConfiguration(dir, opts)
	s := &Spec{Dir: dir, Sources: c.sources, Digests: c.digests, Catalog: c.catalog, config: c}
	if diags.HasErrors() {
		return s, diags
	}
	for _, step := range []func() hcl.Diagnostics{
		func() hcl.Diagnostics { return c.parse(files) },
		func() hcl.Diagnostics { return c.setVariables(opts) },
		func() hcl.Diagnostics { return c.validate(rulesOfVariables) },
		c.setLocals,
		func() hcl.Diagnostics { return c.validate(rulesWithLocals) },
		func() hcl.Diagnostics { return c.decodeSettings(s) },
		c.checkTasks,
		func() hcl.Diagnostics { return c.expandTasks(s) },
		func() hcl.Diagnostics { return c.setHistory(s) },
		s.checkOutputs,
		func() hcl.Diagnostics { return c.unusedModels(s) },
	} {
		diags = append(diags, step()...)
		if diags.HasErrors() {
			diags = append(diags, c.checkRest()...)
			break
		}
	}
	s.refreshDigests()
	diags = c.hidden(diags)
	return s, byPlace(merge(diags))
}

func newConfiguration(dir string, opts LoadOptions) *configuration {
	c := &configuration{
		dir: dir,

		maxInstances: defaultMaxInstances,
		catalog:      opts.Catalog,
		stdin:        cmp.Or[io.Reader](opts.Stdin, strings.NewReader("")),
		sources:      make(map[string]*hcl.File),
		digests:      make(map[string]string),
		variables:    make(map[string]*variable),
		locals:       make(map[string]*local),
		modelByID:    make(map[string]*modelBlock),
		taskByName:   make(map[string]*taskBlock),
		apart:        make(map[*local]*apart),
	}
	if c.catalog == nil {
		c.catalog = catalog.Default()
	}
	c.files = newFileReader(dir, opts.AllowPaths...)
	c.functions = functions(dir, c.files)
	return c
}

// parse reads the files and collects their blocks.
func (c *configuration) parse(paths []string) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, path := range paths {
		file, fileDiags := c.parseFile(path)
		diags = append(diags, fileDiags...)
		c.unread = c.unread || fileDiags.HasErrors()
		if file != nil {
			diags = append(diags, c.collect(file.Body)...)
		}
	}
	return diags
}

// Instance returns the instance with the address.
func (s *Spec) Instance(address task.Address) (*Instance, bool) {
	block, ok := s.config.taskByName[address.Name]
	if !ok {
		return nil, false
	}
	return block.instance(address.Key)
}
