int real_etcd_placeholder;
