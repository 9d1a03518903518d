// Package spec turns HCL files into instances: the units of work of a batch,
// each with its address, settings, dependencies and input.
//
// The way from a file to a request:
//
//	Load (load.go)
//	  configFiles, parseFile   source.go      find, bound (nesting.go) and parse the files,
//	                                          JSON with native expressions (json.go)
//	  collect                  blocks.go      sort their blocks; evaluate nothing
//	  setVariables             variables.go   default < environment < apixo.vars.hcl <
//	                                          *.auto.vars.hcl < -var-file and -var
//	  validate                 validation.go  the variables, by their rules
//	  setLocals                locals.go      each after those it uses
//	  decodeSettings           settings.go    batch, apixo, model, defaults (defaults.go) and
//	                                          error (errorblock.go) blocks
//	  checkTasks               taskblock.go   what each expression uses (references.go,
//	                                          names.go), the order of the blocks (graph.go)
//	  expandTasks              expand.go      for_each (foreach.go, keys.go), count and matrix
//	                                          (matrix.go, matrix_cross.go) make instances; their
//	                                          settings (configure.go) and edges (edges.go)
//	  setHistory               history.go     import, moved and removed (history_moved.go) blocks
//	  checkOutputs             paths.go       no two instances save to one path
//	  checkRest                checkrest.go   after an error: what else is wrong, as far as
//	                                          it can be told without values
//	Check (check.go)           evaluates everything once, and asks the catalog
//	Instance.Evaluate          evaluate.go    the input with the results there are
//	  encodeInput              encode.go      as canonical JSON (numbers: decimal.go)
//	Instance.Preconditions     guards.go      may it be submitted?
//	Instance.Postconditions    guards.go      may its result be used?
//	Lifecycle.Ignores          lifecycle.go   is the change worth a new result?
//	Instance.OutputPaths       paths.go       where the files of a result go
//	Spec.EvalOutputs           output.go      the output blocks
//	Spec.EvalExpression        console.go     one expression, its value as HCL (format.go);
//	                                          names to complete it with (complete.go)
//
// # What is known when
//
// Keys, models and settings are known before any task has run. Inputs may use
// the results of other tasks; until these are there, they are unknown values
// (package cty), and so is what is made from them. Evaluate gives a request only
// if each instance in DependsOn has an outcome, whatever the expression makes of
// a missing one: try(task.hero.urls[0], "x") waits for task.hero, since a
// request with "x" in it would be paid for and then differ from the one meant.
//
// # Edges
//
// What an instance uses is read from the syntax, not from what evaluation
// happens to reach, so an edge can be one too many but not one too few:
//
//	task.X                          all instances of X
//	task.X[k], k known beforehand   that instance: a literal, or made from each.key,
//	                                count.index, variables and locals
//	each.value of for_each = task.X the instance with the same key
//	each.value of a larger for_each what this element is made from
//	local.y                         what its expression uses
//	local.y[k] or lookup(local.y, k), k known beforehand, or local.y.k, in an input
//	                                what that element is made from (pick.go); nothing
//	                                if it is not there, and a default stands for it
//	a key made by a for expression  all instances of X
//
// Blocks that use each other in a circle are refused even if their instances
// would not be in one.
//
// A larger for_each, as in { for k, t in task.hero : k => t.urls[0] if k != "x" },
// is evaluated once with results unknown, which gives the keys, and then taken
// apart (derive.go, dissect.go): for expressions element by element, or group by
// group, merge and values by argument, locals by what they stand for. What remains
// is an expression for one element, with what it sees, evaluated when that has run.
// What cannot be taken apart is evaluated whole and waits for all that it
// mentions. Either way each.value is what the whole expression gives.
//
// # Defaults
//
// What a defaults block says counts as if each task that does not say it itself
// said it: the order is task, defaults, model, batch. Inputs are merged by
// attribute; null in the task leaves one out. It sees variables and locals only.
// Instance.Origins and Inherited tell where settings and attributes come from.
//
// # Guards
//
//	precondition    self.input, model, name, key       evaluated for what is to be bought
//	postcondition   self.files[*].path, .bytes, .sha256, urls, result, cost, task_id too
//	                                                   evaluated for what is on disk
//
// Both see what the input sees; what they use of other tasks is an edge. A
// precondition guards money: what is bought already is not asked. A postcondition
// that cannot be evaluated counts as false, since the result is there and paid for.
// Messages show the values that a condition rests on, and nothing sensitive.
//
// # Lifecycle
//
// ignore_changes names attributes of the input (or all): if nothing else differs,
// the result on record stays, and so does a task that runs. For what failed, the
// input as it is declared counts. task.X.input is always as the file has it.
// prevent_regenerate makes a plan that would buy a result anew an error.
// replace_triggered_by names tasks: a result is bought anew when one of those, or
// their number, has changed since. Without a result to compare with, nothing is; a
// task that is added to the list, or taken from it, buys nothing.
//
// # History
//
// An import block gives an instance a task that was bought elsewhere. moved blocks
// say where records have gone, over any number of blocks; the address that they
// lead from must not be declared any more. removed blocks let records of what is
// not declared go. What is made of them is decided by the plan.
//
// # Matrix
//
// A matrix block makes all combinations of its axes, the first changing
// slowest. The key is their values, "/" between them, with "/" and "%" in them
// written %2F and %25, so that no two combinations share one. The rules of
// exclude and include are GitHub Actions': exclude removes what has all of its
// values; include, after it, adds names to the combinations that have its
// values of axes, or is one of its own. Two things are stricter: one of its own
// needs a value for each axis, since its key does, and an exclude that fits
// nothing is a warning. A name that only some includes give is null elsewhere,
// so the input leaves it out.
//
// # Rows
//
// csvdecode, tsvdecode and jsonldecode remember the rows they read from files
// (tables.go). Values carry nothing of it: an error about each.value, or about
// the variable of a for expression, looks for the row with the same cells.
//
// # Bounds
//
// Whatever a file holds, it is to be read or refused in a few seconds and within
// 1 GB. Files, nesting (nesting.go), numbers (magnitude.go), what single functions
// make of little (functions_size.go), the steps of an evaluation (steps.go), the
// size of a local and of an input, instances (max_instances) and edges are
// bounded, each with an error that says so. The bound of steps holds for each
// evaluation: many instances that each take long take long together. file() and
// its kin read from the configuration's directory and LoadOptions.AllowPaths only.
//
// # Functions
//
// They are Terraform's and OpenTofu's (functions.go), by name and result, but for
// those that rest on the machine or on chance, and cidrhost, cidrsubnet and their
// kin, which are about networks. Besides them there are sample, seed, slug
// (functions_batch.go), tsvdecode and jsonldecode.
//
// # Texts
//
// All text is read as UTF-8: configurations, variables, and what file() and
// templatefile() read. A byte order mark and the CR of line ends are left out
// (plainText), so that a prompt is the same request on every system; Terraform's
// file() keeps both. The functions that hash a file or encode it in base64 take
// its bytes as they are.
//
// # What is sent
//
// Numbers are sent as the exact decimals they were written as, never rounded
// to a float64; texts in Unicode's normal form C, as cty makes them; attributes
// that are null are left out. Values carry marks through all expressions
// (marks.go): a sensitive one stands in the clear only in the body of the
// request, and a volatile one, which differs at each run, makes the request an
// error.
//
// # Cost
//
// Load and Evaluate take time in proportion to the instances: 22 to 28
// microseconds for each of 1,000, 10,000 or 100,000 (BenchmarkLoadEvaluate, a
// busy machine with two cores), 18 to 21 for rows with a key (BenchmarkRows), 14
// to 17 for a matrix up to 300 by 300 (BenchmarkMatrix), and 43 to 52 where half
// of them are made from the results of the others by a for expression
// (BenchmarkForEachOverTasks). An instance sees variables and locals through a
// shared parent context, and of other tasks only the instances it uses. One that
// uses another task as a whole pays for all of that task's instances, so many
// that each do take time in the product of both. local.urls[each.key], where the
// local is { for k, t in task.hero : k => t.urls[0] }, is no such use, nor is
// lookup(local.urls, each.key), also where the local groups: each instance takes 74
// to 83 microseconds among 1,000 and 77 to 80 among 10,000, where each.value takes
// 52 and 40 (TestReferencesTakeTimeInProportion, a busy machine).
// local.urls["k"] is no such use either; a local within another local is one.
package spec
