package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"heka/cmd/hekad/api"
)

// maxWait bounds --timeout.
const maxWait = 24 * time.Hour

func newDrain(b *base) *cobra.Command {
	most := 10 * time.Second
	c := &cobra.Command{
		Use:     "drain [FLAGS]",
		Short:   "end the sources, and wait until all is delivered",
		Example: "hekad drain --timeout 1m && hekad stop",
		Long: `The daemon stays, and can be asked; hekad reload does not start the sources again, hekad
stop and a new start do. Status 75: not all was delivered in time; it goes on.`,
		Args: words(0, "", ""),
		RunE: func(c *cobra.Command, _ []string) error {
			if most <= 0 || most > maxWait {
				return mistake("want up to 24h", "--timeout %v", most)
			}
			client, err := b.dial()
			if err != nil {
				return err
			}
			defer client.Close()
			err = client.Drain(c.Context(), most)
			var late *api.Error
			if errors.As(err, &late) && late.Status == 503 {
				return &Exit{Code: exitUnfinished, Err: err}
			}
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(b.Stdout, "drained: the sources have ended, and all is delivered")
			return err
		},
	}
	c.Flags().DurationVar(&most, "timeout", most, "wait so long, a `TIME`")
	return c
}

func newStop(b *base) *cobra.Command {
	most := 30 * time.Second
	c := &cobra.Command{
		Use:   "stop [FLAGS]",
		Short: "end the daemon, and wait until it is gone",
		Example: `hekad stop
hekad stop --timeout 0                      # do not wait`,
		Long: `It ends its sources, delivers what was read for as long as grace says, and keeps what could
not be delivered for the next start. Status 75: it runs still.`,
		Args: words(0, "", ""),
		RunE: func(c *cobra.Command, _ []string) error {
			if most < 0 || most > maxWait {
				return mistake("want up to 24h", "--timeout %v", most)
			}
			client, err := b.dial()
			if err != nil {
				return err
			}
			defer client.Close()
			pid, err := client.Stop(c.Context())
			if err != nil {
				return err
			}
			if most == 0 {
				_, err = fmt.Fprintf(b.Stdout, "hekad %d is stopping\n", pid)
				return err
			}
			ctx, cancel := context.WithTimeout(c.Context(), most)
			defer cancel()
			if err := waitGone(ctx, b.folder(), pid); err != nil {
				return &Exit{exitUnfinished, fmt.Errorf("hekad %d is stopping still after %v", pid, most)}
			}
			_, err = fmt.Fprintf(b.Stdout, "hekad %d has stopped\n", pid)
			return err
		},
	}
	c.Flags().DurationVar(&most, "timeout", most, "wait so long, a `TIME`; 0: do not wait")
	return c
}

// waitGone waits until nobody answers in a state folder, and the process is gone.
func waitGone(ctx context.Context, state string, pid int) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		c, err := api.Dial(state)
		if err == nil {
			c.Close()
		} else if !runs(pid) {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// runs reports whether there is a process pid that has not ended; one that waits for its
// parent to take its status has.
func runs(pid int) bool {
	if pid <= 0 || errors.Is(unix.Kill(pid, 0), unix.ESRCH) {
		return false
	}
	return !zombie(pid)
}
