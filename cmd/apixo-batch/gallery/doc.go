// Package gallery shows what a state came to, for people to look at: as one web
// page, as Markdown and as comma-separated values.
//
//	state.Contents -> Collect -> Report -> WriteHTML, WriteMarkdown, WriteCSV
//
// Collect alone looks at the disk: it reads the first bytes of each recorded file,
// to know whether it is there and what a browser can do with it.
//
// # The page
//
// The page is one file that needs no network, and no program but a browser. It
// leaves the results where they are and names them by relative paths, so page and
// results can be moved, or served, together. Its data stand in it as JSON; a script
// of the page's own builds what is looked at, one page of tiles at a time, so that
// 5,000 results are as quick as fifty. The timelines are drawn here, as SVG. What a
// browser cannot open, because it is gone or of no kind that it knows, says so in its
// place.
//
// What is chosen stands in the fragment of the URL: a view can be sent to somebody.
//
// # Text and files from outside
//
// Prompts, keys, paths and messages are hostile until shown otherwise.
//
//   - Nothing of them is ever markup: html/template escapes what stands in the page,
//     and the script makes text nodes only.
//   - A Content-Security-Policy names the one script and the one style sheet by their
//     digests, and allows no connection to anywhere.
//   - What is not printable, bidirectional controls among it, stands as an escape.
//   - A file is shown only if it lies in the configuration's directory, with no link on
//     the way out, and its first bytes are those of an image, a video or a sound.
//   - Queries of URLs are cut: whoever has a signed URL has the file. Sensitive inputs
//     are hidden in the state already, and their digests are not shown either.
//   - In CSV no cell begins as a formula does, also where a spreadsheet would split at
//     semicolons, and in Markdown each text from outside is a code span.
package gallery
