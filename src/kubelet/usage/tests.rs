use super::*;

#[test]
fn the_machine_is_busy_with_everything_but_idling() {
    let stat = "cpu  100 20 30 4000 500 6 7 8 0 0\ncpu0 1 2 3 4\n";
    let memory = "MemTotal:       1000 kB\nMemFree:         100 kB\nMemAvailable:    400 kB\n";
    let usage = machine_of(stat, memory).unwrap();
    assert_eq!(usage, MachineUsage { cpu_seconds: 1.71, memory_bytes: 600 * 1024 });
    assert_eq!(machine_of("", memory), None);
}

#[test]
fn the_report_is_what_collectors_read() {
    let since = Timestamp::from_second(1_000).unwrap();
    let usage = Usage { cpu: Duration::from_millis(1_500), memory_bytes: 65_536 };
    let container = ContainerUsage { container: "main".into(), since, usage };
    let pods = [(Key::new("default", "web"), vec![container])];
    let text = render(&pods, None, Timestamp::from_second(2_000).unwrap());
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let of = r#"{container="main",namespace="default",pod="web"}"#;
    let pod = r#"{namespace="default",pod="web"}"#;
    let expected = [
        format!("container_cpu_usage_seconds_total{of} 1.5 2000000"),
        format!("container_memory_working_set_bytes{of} 65536 2000000"),
        format!("container_start_time_seconds{of} 1000 2000000"),
        format!("pod_cpu_usage_seconds_total{pod} 1.5 2000000"),
        format!("pod_memory_working_set_bytes{pod} 65536 2000000"),
    ];
    assert_eq!(lines, expected);
}
