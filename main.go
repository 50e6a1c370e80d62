// Command kyoten is the booking and entrance system of a consortium of
// coworking sites: the server, its sample consortium and its chores, in one
// binary. serve.go shows how the parts are put together.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// program is the command line. Every flag has a twin in the environment:
// --log-level is KYOTEN_LOG_LEVEL.
type program struct {
	Serve   serveCommand   `cmd:"" default:"withargs" help:"Serve the consortium (the default)."`
	Demo    demoCommand    `cmd:"" help:"Serve the sample consortium."`
	Gate    gateCommand    `cmd:"" help:"Decide at a door, with the network or without it."`
	Migrate migrateCommand `cmd:"" help:"Bring the database to the newest version and end."`
	User    userCommand    `cmd:"" help:"Add and change accounts."`
	Backup  backupCommand  `cmd:"" help:"Write everything the database holds to a file."`
	Restore restoreCommand `cmd:"" help:"Fill an empty database from a backup."`
	Audit   auditCommand   `cmd:"" help:"Check the audit log."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

// console is where a command prints: results to out, the log to err.
type console struct{ out, err io.Writer }

// printf writes to the reader of the command. That nobody may be there to read
// it (a closed pipe) is not a failure of the command.
func (c console) printf(format string, args ...any) { _, _ = fmt.Fprintf(c.out, format, args...) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// help prints the help of the command that was named. Without one it lists the
// commands, and then the settings of serve, which is what runs without a name.
func help(options kong.HelpOptions, command *kong.Context) error {
	options.Compact = true
	if err := kong.DefaultHelpPrinter(options, command); err != nil || command.Selected() != nil {
		return err
	}
	serving, err := kong.Trace(command.Kong, []string{"serve"})
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintln(command.Stdout)
	return kong.DefaultHelpPrinter(options, serving)
}

// explain is a flag's help: what it does, its default, its twin in the
// environment.
func explain(v *kong.Value) string {
	text := kong.DefaultHelpValueFormatter(v)
	if v.HasDefault && v.Tag.PlaceHolder != "" {
		text += fmt.Sprintf(" Default: %s.", v.Default)
	}
	return text
}

// newParser returns the command line, ready to be read.
func newParser(ctx context.Context, con console, more ...kong.Option) (*kong.Kong, error) {
	return kong.New(&program{}, append([]kong.Option{
		kong.Name("kyoten"), kong.Description("Kyoten books seats and rooms of linked coworking sites and opens their doors."),
		kong.DefaultEnvars("KYOTEN"), kong.Help(help), kong.ValueFormatter(explain),
		kong.Writers(con.out, con.err), kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(con),
	}, more...)...)
}

// usual understands what people try first at a program they do not know: help,
// help COMMAND and --version.
func usual(args []string) []string {
	switch {
	case len(args) == 1 && args[0] == "--version":
		return []string{"version"}
	case len(args) > 0 && args[0] == "help":
		return append(slices.Clone(args[1:]), "--help")
	}
	return args
}

// unknownCommand says of a first word that is no command which one may be meant. The
// parser, which does so for all others, takes it for an argument of the default command.
func unknownCommand(app *kong.Application, args []string) (text string, unknown bool) {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		return "", false
	}
	closest, least := "", len(args[0])/2+1 // more changes than that make another word
	for _, command := range app.Children {
		if command.Name == args[0] {
			return "", false
		}
		if d := distance(command.Name, args[0]); d < least {
			closest, least = command.Name, d
		}
	}
	text = fmt.Sprintf("there is no command %q", args[0])
	if closest != "" {
		text += fmt.Sprintf("; did you mean %q?", closest)
	}
	return text + "\nkyoten --help lists the commands", true
}

// distance counts the letters to add, drop or replace that make one word another.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changed := before
			if a[i] != b[j] {
				changed++
			}
			before = row[j+1]
			row[j+1] = min(row[j+1]+1, row[j]+1, changed)
		}
	}
	return row[len(b)]
}

// run is the whole program: it returns the exit status, which is 2 for a command
// line that says nothing we know and 1 for what went wrong.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	con := console{stdout, stderr}
	var helped bool
	parser, err := newParser(ctx, con, kong.Exit(func(int) { helped = true }))
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "kyoten: %v\n", err)
		return 1
	}
	args = usual(args)
	if name, ok := unknownCommand(parser.Model, args); ok {
		_, _ = fmt.Fprintf(stderr, "kyoten: %s\n", name)
		return 2
	}
	command, err := parser.Parse(args)
	if helped {
		return 0
	}
	for _, name := range unknownSettings(parser.Model, os.Environ()) {
		_, _ = fmt.Fprintf(stderr, "kyoten: the environment has %s, which is no setting and is not read\n", name)
	}
	if err == nil {
		err = command.Run()
	}
	if err == nil {
		return 0
	}
	_, _ = fmt.Fprintf(stderr, "kyoten: %v\n", err)
	if _, misspelt := errors.AsType[*kong.ParseError](err); misspelt {
		return 2
	}
	return 1
}
