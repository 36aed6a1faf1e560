package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// wanted says which parts a run starts and where their programs lie.
type wanted struct {
	kubernetes, argo, prometheus, proxy bool
	folders                             folders
}

// names lists the wanted parts as the options do.
func (w wanted) names() []string {
	var names []string
	for _, one := range []struct {
		wanted bool
		name   string
	}{{w.kubernetes, "kubernetes"}, {w.argo, "argo-rollouts"}, {w.prometheus, "prometheus"}, {w.proxy, "proxy"}} {
		if one.wanted {
			names = append(names, one.name)
		}
	}
	return names
}

// folders maps a part's name to the folder its programs were built into.
type folders map[string]string

func (f folders) String() string { return "" }

func (f folders) Set(text string) error {
	name, folder, found := strings.Cut(text, "=")
	if !found {
		return fmt.Errorf("%q is not NAME=FOLDER", text)
	}
	f[name] = folder
	return nil
}

// run starts the parts, then COMMAND, and gives back the status to exit with.
func run(args []string) int {
	want := wanted{folders: folders{}}
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	flags.BoolVar(&want.kubernetes, "kubernetes", false, "a control plane")
	flags.BoolVar(&want.argo, "argo-rollouts", false, "the Argo Rollouts controller")
	flags.BoolVar(&want.prometheus, "prometheus", false, "Prometheus")
	flags.BoolVar(&want.proxy, "proxy", false, "the service in two versions behind a weighted proxy")
	flags.Var(want.folders, "part", "NAME=FOLDER of built programs")
	if err := flags.Parse(args); err != nil {
		return exitOwn
	}
	command := flags.Args()
	if len(command) == 0 {
		fmt.Fprintln(os.Stderr, "testbed: no command to run; say: run [--kubernetes] … -- COMMAND")
		return exitOwn
	}
	want.kubernetes = want.kubernetes || want.argo

	// From here on a signal is ours to handle, so that nothing is left behind.
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	adoptOrphans()

	bed, err := newBed()
	if err != nil {
		fmt.Fprintln(os.Stderr, "testbed:", err)
		return exitOwn
	}
	started := make(chan error, 1)
	go func() { started <- bed.start(want) }()
	select {
	case err = <-started:
	case caught := <-signals:
		bed.close()
		return 128 + int(caught.(syscall.Signal))
	}
	if err != nil {
		kept := bed.keep()
		fmt.Fprintf(os.Stderr, "testbed: %v\ntestbed: the logs are in %s\n", err, kept)
		return exitOwn
	}
	status := bed.runCommand(command, signals)
	bed.close()
	return status
}

// runCommand runs COMMAND in our own process group, so that a terminal treats both as one job.
func (b *bed) runCommand(command []string, signals chan os.Signal) int {
	for name, value := range b.exports {
		os.Setenv(name, value)
	}
	program, err := exec.LookPath(command[0])
	if err != nil && !errors.Is(err, exec.ErrDot) {
		fmt.Fprintf(os.Stderr, "testbed: %s: %v\n", command[0], err)
		if errors.Is(err, os.ErrPermission) {
			return 126
		}
		return 127
	}
	child := &exec.Cmd{
		Path: program, Args: command,
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		SysProcAttr: &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM},
	}
	if err := b.spawn(child); err != nil {
		fmt.Fprintf(os.Stderr, "testbed: %s: %v\n", command[0], err)
		return 126
	}
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	atTerminal := inForeground()
	var insist <-chan time.Time
	for {
		select {
		case <-ended:
			return statusOf(child.ProcessState)
		case caught := <-signals:
			number := caught.(syscall.Signal)
			// A terminal sends its own to the whole group: COMMAND has it already.
			if !(atTerminal && (number == syscall.SIGINT || number == syscall.SIGQUIT)) {
				child.Process.Signal(number)
			}
			if number != syscall.SIGINT && insist == nil {
				insist = time.After(10 * time.Second)
			}
		case <-insist:
			child.Process.Kill()
		}
	}
}

func statusOf(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return state.ExitCode()
}

// start starts the wanted parts in the order they need each other.
func (b *bed) start(want wanted) error {
	b.export("TMINUS_TESTBED_DIR", b.folder)
	b.export("TMINUS_TESTBED_PARTS", strings.Join(want.names(), " "))
	b.serveControl()
	if want.kubernetes {
		if err := b.startKubernetes(want); err != nil {
			return err
		}
	}
	if want.proxy {
		if err := b.startProxy(want); err != nil {
			return err
		}
	}
	if want.prometheus {
		if err := b.startPrometheus(want); err != nil {
			return err
		}
	}
	return nil
}

// find looks a program up: in the folder of its part, in KUBEBUILDER_ASSETS, on PATH.
func (w wanted) find(part, program string) (string, error) {
	var places []string
	if assets := os.Getenv("KUBEBUILDER_ASSETS"); assets != "" && (part == "kubernetes" || part == "etcd") {
		places = append(places, assets)
	}
	if folder := w.folders[part]; folder != "" {
		places = append(places, folder)
	}
	for _, place := range places {
		path := filepath.Join(place, program)
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return path, nil
		}
	}
	for _, place := range []string{"", "/usr/sbin/", "/usr/local/sbin/"} {
		if path, err := exec.LookPath(place + program); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is not here (looked in %s and PATH)", program, strings.Join(places, ", "))
}
