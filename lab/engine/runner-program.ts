/**
 * What stays in a host and runs the lab's commands there. Perl, since every Debian system has it (perl-base is essential) and it
 * starts in a few ms; as small as it can be, since it is one program more than a user's host has.
 *
 *   In   length (N), then fields, each with its length (N/a): id, user, stdin, environment (NAME=value, NUL between), the command's words
 *   Out  id (N), kind (C), length (N), bytes; of kind 0: exit code, 1: stdout, 2: stderr. The first, with id 0, says that it listens.
 *
 * A command ends when its process does, whatever that leaves behind. Once nobody sends commands any more, those under way go on to
 * their ends. No signal is handled here: Perl hears of one that comes just before `select` only when that is over (perlipc, "Deferred
 * Signals"). So each command has a process that waits for it and writes its status into a pipe.
 */
export const runnerProgram = String.raw`
use strict;
use warnings;
use POSIX ();
$0 = 'lab-runner';
$SIG{PIPE} = $SIG{CHLD} = 'IGNORE';
my ($exit, $stdout, $stderr) = (0, 1, 2);
my ($input, $asked, %pipes) = ('', 1);

sub report {
  my $frame = pack 'N C N/a*', @_;
  while (length $frame) {
    my $sent = syswrite STDOUT, $frame or return;
    substr $frame, 0, $sent, '';
  }
}

sub become {
  my ($uid, $gid, $home) = (getpwnam $_[0])[2, 3, 7];
  die "no user $_[0]\n" unless defined $uid;
  $ENV{HOME} = $home;
  # Else nobody but root could open /dev/stdout.
  chown $uid, $gid, $_ for grep { -p $_ } *STDIN, *STDOUT, *STDERR;
  my @groups = $gid;
  while (my (undef, undef, $group, $members) = getgrent) { push @groups, $group if grep { $_ eq $_[0] } split ' ', $members }
  ($(, $)) = ($gid, "$gid @groups");
  ($<, $>) = ($uid, $uid);
  die "cannot become $_[0]\n" unless $> == $uid && $< == $uid;
}

sub pipes {
  pipe my $from, my $to or die "no pipe: $!\n";
  return ($from, $to);
}

# A process of its own writes it: a pipe takes 64 KB of what nobody reads.
sub stdin_of {
  my ($text) = @_;
  if ($text eq '') { open my $nothing, '<', '/dev/null' or die "/dev/null: $!\n"; return $nothing }
  my ($from, $to) = pipes;
  my $pid = fork;
  die "cannot fork: $!\n" unless defined $pid;
  return $from if $pid;
  %pipes = ();
  close $from;
  print $to $text;
  close $to;
  exit;
}

# Becomes the command, in the surroundings that the engine would give it.
sub turn_into {
  my ($user, $environment, $in, $out, $err, @words) = @_;
  POSIX::setsid();
  $SIG{PIPE} = 'DEFAULT';
  open STDIN, '<&', $in;
  open STDOUT, '>&', $out;
  open STDERR, '>&', $err;
  eval { become($user); 1 } or do { print STDERR $@; exit 126 };
  for (split /\0/, $environment) { my ($name, $value) = split /=/, $_, 2; $ENV{$name} = $value }
  no warnings 'exec';
  exec { $words[0] } @words;
  my $code = $!{ENOENT} ? 127 : 126;
  print STDERR "$words[0]: $!\n";
  exit $code;
}

sub begin {
  my ($id, $user, $text, $environment, @words) = unpack '(N/a)*', $_[0];
  my $in = stdin_of($text);
  my ($status, $to_status) = pipes;
  my ($out, $to_out) = pipes;
  my ($err, $to_err) = pipes;
  my $waiter = fork;
  die "cannot fork: $!\n" unless defined $waiter;
  unless ($waiter) {
    # Whoever has an end to read from keeps writers waiting for a reader.
    close $_ for $status, $out, $err, map { $_->[0] } values %pipes;
    $SIG{CHLD} = 'DEFAULT';
    my $pid = fork;
    if (!defined $pid) { syswrite $to_err, "cannot fork: $!\n"; syswrite $to_status, 126; exit }
    turn_into($user, $environment, $in, $to_out, $to_err, @words) unless $pid;
    waitpid $pid, 0;
    syswrite $to_status, $? & 127 ? 128 + ($? & 127) : $? >> 8;
    exit;
  }
  my %job = (id => $id, outputs => [fileno $out, fileno $err]);
  $pipes{fileno $out} = [$out, $stdout, \%job];
  $pipes{fileno $err} = [$err, $stderr, \%job];
  $pipes{fileno $status} = [$status, $exit, \%job];
}

# As begin, and a command that cannot begin says why.
sub attempt {
  my ($message) = @_;
  return if eval { begin($message); 1 };
  my ($id) = unpack 'N/a', $message;
  report($id, $stderr, $@);
  report($id, $exit, 126);
}

# Numbers of files that have something to read, or have ended.
sub ready {
  my ($time, @numbers) = @_;
  my $set = '';
  vec($set, $_, 1) = 1 for @numbers;
  select $set, undef, undef, $time;
  return grep { vec $set, $_, 1 } @numbers;
}

# False at its end.
sub pass_on {
  my ($number) = @_;
  my ($pipe, $kind, $job) = @{ $pipes{$number} };
  my $length = sysread $pipe, my $bytes, 65536;
  report($job->{id}, $kind, $bytes) if $length;
  delete $pipes{$number} unless $length;
  return $length;
}

sub finish {
  my ($number) = @_;
  my ($pipe, undef, $job) = @{ delete $pipes{$number} };
  # What ended before has a number that may be another command's by now.
  for my $output (grep { $pipes{$_} && $pipes{$_}[2] == $job } @{ $job->{outputs} }) {
    # The command's own words are no more than a pipe takes, 1 MB at most; what it left behind may write for ever.
    for (1 .. 16) { ready(0, $output) && pass_on($output) or last }
    delete $pipes{$output};
  }
  # Nothing comes where its waiting process was killed.
  sysread $pipe, my $code, 16;
  report($job->{id}, $exit, $code eq '' ? 137 : $code);
}

report(0, $exit, 0);
while ($asked || %pipes) {
  # Commands come last: what they open has numbers that were others' a moment ago.
  for my $number (ready(undef, keys %pipes, $asked ? 0 : ())) {
    if ($number == 0) {
      $asked = sysread STDIN, $input, 65536, length $input;
      while (length $input >= 4 && length $input >= 4 + unpack 'N', $input) {
        attempt(substr $input, 4, unpack 'N', $input);
        substr $input, 0, 4 + unpack('N', $input), '';
      }
    } elsif ($pipes{$number}) {
      $pipes{$number}[1] == $exit ? finish($number) : pass_on($number);
    }
  }
}
`;
