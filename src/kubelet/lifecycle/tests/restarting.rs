//! Containers that end, fail their probes or change.

use super::*;

#[test]
fn a_crash_loop_waits_longer_each_time_and_forgets_after_ten_good_minutes() {
    let again = "pulled app; started app;";
    check(
        app(),
        &format!(
            "{UP} exit app 1; {again} exit app 1; after 5; after 5; {again} exit app 0; after 20; {again} after 600; exit app 1"
        ),
        expect![[r"
            > tick
              Prepare
              = Pending, app: ContainerCreating
            > prepared
              pull app
              = Pending, app: ContainerCreating
            > pulled app
              start app
              = Pending, app: ContainerCreating
            > started app
              Normal Created: Created container: app
              Normal Started: Started container app
              = Running ready, app: running
            > exit app 1
              pull app
              = Running, app: Error(1)
            > pulled app
              start app
              = Running, app: Error(1)
            > started app
              Normal Created: Created container: app
              Normal Started: Started container app
              = Running ready, app: running x1
            > exit app 1
              Warning BackOff: Back-off restarting failed container app in pod p_ns(u)
              = Running, app: CrashLoopBackOff x1
            > after 5
              = Running, app: CrashLoopBackOff x1
            > after 5
              pull app
              = Running, app: CrashLoopBackOff x1
            > pulled app
              start app
              = Running, app: CrashLoopBackOff x1
            > started app
              Normal Created: Created container: app
              Normal Started: Started container app
              = Running ready, app: running x2
            > exit app 0
              Warning BackOff: Back-off restarting failed container app in pod p_ns(u)
              = Running, app: CrashLoopBackOff x2
            > after 20
              pull app
              = Running, app: CrashLoopBackOff x2
            > pulled app
              start app
              = Running, app: CrashLoopBackOff x2
            > started app
              Normal Created: Created container: app
              Normal Started: Started container app
              = Running ready, app: running x3
            > after 600
              = Running ready, app: running x3
            > exit app 1
              pull app
              = Running, app: Error(1) x3
        "]],
    );
}

#[test]
fn too_much_memory_shows_as_such() {
    check(
        json!({"containers": [{"name": "app", "image": "i"}], "restartPolicy": "Never"}),
        &format!("{UP} oom app; cleared"),
        expect![[r"
            > tick
              Prepare
              = Pending, app: ContainerCreating
            > prepared
              pull app
              = Pending, app: ContainerCreating
            > pulled app
              start app
              = Pending, app: ContainerCreating
            > started app
              Normal Created: Created container: app
              Normal Started: Started container app
              = Running ready, app: running
            > oom app
              TearDown
              = Failed, app: OOMKilled(137)
            > cleared
              = Failed, app: OOMKilled(137)
        "]],
    );
}

#[test]
fn readiness_comes_and_goes_and_liveness_kills() {
    check(
        json!({"containers": [{
            "name": "app", "image": "i",
            "readinessProbe": {}, "livenessProbe": {"terminationGracePeriodSeconds": 3},
        }]}),
        &format!(
            "{UP} probe readiness app passes; probe readiness app fails; \
             probe readiness app passes; probe liveness app fails; exit app 137; \
             pulled app; started app"
        ),
        expect![[r"
            > tick
              Prepare
              = Pending, app: ContainerCreating
            > prepared
              pull app
              = Pending, app: ContainerCreating
            > pulled app
              start app
              = Pending, app: ContainerCreating
            > started app
              Normal Created: Created container: app
              Normal Started: Started container app
              probe app
              = Running, app: running
            > probe readiness app passes
              = Running ready, app: running
            > probe readiness app fails
              = Running, app: running
            > probe readiness app passes
              = Running ready, app: running
            > probe liveness app fails
              Normal Killing: Container app failed liveness probe, will be restarted
              stop app within 3s
              = Running ready, app: running
            > exit app 137
              pull app
              = Running, app: Error(137)
            > pulled app
              start app
              = Running, app: Error(137)
            > started app
              Normal Created: Created container: app
              Normal Started: Started container app
              probe app
              = Running, app: running x1
        "]],
    );
}

#[test]
fn a_container_whose_image_changes_is_replaced() {
    check(
        json!({"containers": [{"name": "app", "image": "i"}], "restartPolicy": "Never"}),
        &format!("{UP} redefine app; exit app 143; pulled app; started app; exit app 0"),
        expect![[r"
            > tick
              Prepare
              = Pending, app: ContainerCreating
            > prepared
              pull app
              = Pending, app: ContainerCreating
            > pulled app
              start app
              = Pending, app: ContainerCreating
            > started app
              Normal Created: Created container: app
              Normal Started: Started container app
              = Running ready, app: running
            > redefine app
              Normal Killing: Container app definition changed, will be restarted
              stop app within 30s
              = Running ready, app: running
            > exit app 143
              pull app
              = Running, app: Error(143)
            > pulled app
              start app
              = Running, app: Error(143)
            > started app
              Normal Created: Created container: app
              Normal Started: Started container app
              = Running ready, app: running x1
            > exit app 0
              TearDown
              = Succeeded, app: Completed(0) x1
        "]],
    );
    check(
        app(),
        "tick; prepared; missing app; redefine app; pulled app",
        expect![[r#"
        > tick
          Prepare
          = Pending, app: ContainerCreating
        > prepared
          pull app
          = Pending, app: ContainerCreating
        > missing app
          Warning Failed: Failed to pull image "i": nothing here
          Warning Failed: Error: ErrImagePull
          = Pending, app: ErrImagePull
        > redefine app
          pull app
          = Pending, app: ErrImagePull
        > pulled app
          start app
          = Pending, app: ErrImagePull
    "#]],
    );
}

#[test]
fn an_image_that_changes_during_a_start_is_used() {
    let never = json!({"containers": [{"name": "app", "image": "i"}], "restartPolicy": "Never"});
    check(
        never.clone(),
        "tick; prepared; redefine app; pulled app; pulled app; started app",
        expect![[r"
            > tick
              Prepare
              = Pending, app: ContainerCreating
            > prepared
              pull app
              = Pending, app: ContainerCreating
            > redefine app
              = Pending, app: ContainerCreating
            > pulled app
              pull app
              = Pending, app: ContainerCreating
            > pulled app
              start app
              = Pending, app: ContainerCreating
            > started app
              Normal Created: Created container: app
              Normal Started: Started container app
              = Running ready, app: running
        "]],
    );
    check(
        never.clone(),
        "tick; prepared; pulled app; redefine app; started app; exit app 143; pulled app; started app; exit app 0",
        expect![[r"
            > tick
              Prepare
              = Pending, app: ContainerCreating
            > prepared
              pull app
              = Pending, app: ContainerCreating
            > pulled app
              start app
              = Pending, app: ContainerCreating
            > redefine app
              = Pending, app: ContainerCreating
            > started app
              Normal Created: Created container: app
              Normal Started: Started container app
              Normal Killing: Container app definition changed, will be restarted
              stop app within 30s
              = Running ready, app: running
            > exit app 143
              pull app
              = Running, app: Error(143)
            > pulled app
              start app
              = Running, app: Error(143)
            > started app
              Normal Created: Created container: app
              Normal Started: Started container app
              = Running ready, app: running x1
            > exit app 0
              TearDown
              = Succeeded, app: Completed(0) x1
        "]],
    );
    check(
        never,
        "tick; prepared; pulled app; redefine app; unconfigured app; pulled app; started app",
        expect![[r"
            > tick
              Prepare
              = Pending, app: ContainerCreating
            > prepared
              pull app
              = Pending, app: ContainerCreating
            > pulled app
              start app
              = Pending, app: ContainerCreating
            > redefine app
              = Pending, app: ContainerCreating
            > unconfigured app
              pull app
              = Pending, app: ContainerCreating
            > pulled app
              start app
              = Pending, app: ContainerCreating
            > started app
              Normal Created: Created container: app
              Normal Started: Started container app
              = Running ready, app: running
        "]],
    );
}

#[test]
fn waits_last_as_long_when_the_clock_is_set() {
    for by in [-3600, 3600] {
        let mut world = World::new(app());
        let script = format!("{UP} exit app 1; pulled app; started app; exit app 1");
        script.split(';').for_each(|line| world.line(line.trim()));
        let by = jiff::SignedDuration::from_secs(by);
        world.now += by;
        world.state.shift(by);
        world.transcript.clear();
        world.line("after 9");
        assert!(!world.transcript.contains("pull app"), "{}", world.transcript);
        world.line("after 1");
        assert!(world.transcript.contains("pull app"), "{}", world.transcript);
    }
}
