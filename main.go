// Command kyoten is the booking and entrance system of a consortium of
// coworking sites: the server, its sample consortium and its chores, in one
// binary. serve.go shows how the parts are put together.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
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

// run is the whole program: it returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	con := console{stdout, stderr}
	var helped bool
	parser, err := newParser(ctx, con, kong.Exit(func(int) { helped = true }))
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "kyoten: %v\n", err)
		return 1
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
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "kyoten: %v\n", err)
		return 1
	}
	return 0
}
